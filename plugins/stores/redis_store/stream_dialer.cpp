#include "stream_dialer.h"

#include <poll.h>

#include <chrono>
#include <utility>

#include "byte_stream_end.h"

namespace tomada::redis_store {
namespace {

constexpr std::chrono::seconds kSilence{2};

}  // namespace

StreamDialer::StreamDialer(const Config& config, Logger log)
    : config_(config),
      tls_to_sentinels_(ServerAddress::Parse(config.url.Reveal())->tls && config.tls.sentinels),
      log_(std::move(log)),
      dialer_(kSilence) {}

absl::StatusOr<net::ByteStream> StreamDialer::Dial(const ServerAddress& server, const net::Patience& patience) {
  absl::StatusOr<UniqueFd> fd = server.path.empty() ? dialer_.Dial(server.at, patience)
                                                    : dialer_.Connect(net::UnixAddress(server.path), patience);
  if (!fd.ok()) return fd.status();
  if (!server.tls) return net::ByteStream(*std::move(fd));
  return Secure(*std::move(fd), server.at.host, patience);
}

absl::StatusOr<net::ByteStream> StreamDialer::DialSentinel(const HostPort& sentinel, const net::Patience& patience) {
  absl::StatusOr<UniqueFd> fd = dialer_.Dial(sentinel, patience);
  if (!fd.ok()) return fd.status();
  if (!tls_to_sentinels_) return net::ByteStream(*std::move(fd));
  return Secure(*std::move(fd), sentinel.host, patience);
}

absl::StatusOr<net::ByteStream> StreamDialer::Secure(UniqueFd fd, const std::string& host,
                                                     const net::Patience& patience) {
  if (absl::Status failed = ReadFiles(); !failed.ok()) return failed;
  const std::string& name = config_.tls.server_name.empty() ? host : config_.tls.server_name;
  net::ByteStream stream(std::move(fd), context_->Connect(name, ""));
  const auto deadline = std::chrono::steady_clock::now() + patience.timeout;
  for (;;) {
    const net::ByteStream::Result result = stream.Shake();
    if (result == net::ByteStream::Result::kSome) return stream;
    if (result == net::ByteStream::Result::kEnd) return WhyEnded(stream);
    const short events = POLLIN | (stream.unsent() > 0 ? POLLOUT : 0);
    if (!net::WaitFor(stream.fd(), events, deadline, patience.interrupt)) {
      // Redis waits for the end of the line.
      return absl::UnavailableError(
          "no answer to the TLS handshake in time; a server without TLS on that port is as silent: say redis://, or "
          "the "
          "port of its TLS");
    }
  }
}

absl::Status StreamDialer::ReadFiles() {
  absl::Status read;
  if (context_) {
    read = context_->Refresh();
  } else {
    absl::StatusOr<std::unique_ptr<net::TlsClientContext>> made =
        net::TlsClientContext::Make(config_.tls.Files("tls."));
    if (!made.ok()) return absl::FailedPreconditionError(made.status().message());
    context_ = *std::move(made);
  }
  if (read.ok()) {
    reported_.clear();
  } else if (std::string why(read.message()); why != reported_) {
    log_.Warning("certificates are as before", {{"why", why}});
    reported_ = std::move(why);
  }
  return absl::OkStatus();
}

}  // namespace tomada::redis_store
