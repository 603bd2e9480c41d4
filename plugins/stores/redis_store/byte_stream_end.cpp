#include "byte_stream_end.h"

#include <cerrno>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "net/socket/patience.h"

namespace tomada::redis_store {
namespace {

bool Has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

// What to do about what OpenSSL says, in whose words the parts are that are looked for.
std::string_view Advice(const std::string& error) {
  if (Has(error, "certificate verify failed")) {
    if (Has(error, "is not of")) return "connect by a name that it has, or say `tls.server_name`";
    if (Has(error, "expired") || Has(error, "not yet valid")) return "renew it, or set this machine's clock";
    return "`tls.ca` must have the authority that signed it";
  }
  if (Has(error, "alert protocol version") || Has(error, "unsupported protocol")) {
    return "the server must speak TLS 1.2 or later";
  }
  const bool about_ours = Has(error, "certificate") || Has(error, "unknown ca") || Has(error, "handshake failure");
  if (Has(error, "alert") && about_ours)
    return "the server wants another client certificate: see `tls.certificate` and `tls.key`";
  if (Has(error, "wrong version number")) return "the server speaks no TLS there: say redis://, or the port of its TLS";
  return {};
}

}  // namespace

absl::Status WhyEnded(const net::ByteStream& stream) {
  const int socket_error = errno;
  if (const std::string& error = stream.error(); !error.empty()) {
    const std::string_view advice = Advice(error);
    if (advice.empty()) return absl::UnavailableError(fmt::format("TLS: {}", error));
    return absl::FailedPreconditionError(fmt::format("TLS: {}; {}", error, advice));
  }
  if (stream.broken()) return net::SocketError(socket_error);
  if (stream.tls() && stream.tls()->state() != net::TlsSession::State::kEnded) {
    return absl::UnavailableError("connection cut: TLS has not said goodbye");
  }
  return absl::UnavailableError("connection closed by the server");
}

}  // namespace tomada::redis_store
