#include "net/tls/byte_stream.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>

namespace tomada::net {
namespace {

// What is encrypted at a time: the socket may be slow.
constexpr size_t kEncrypted = 256 << 10;

}  // namespace

ByteStream::ByteStream(UniqueFd socket, std::optional<TlsSession> tls)
    : socket_(std::move(socket)), tls_(std::move(tls)) {}

bool ByteStream::Flush(std::string& bytes) {
  size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t size = ::send(socket_.get(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (size < 0 && errno != EAGAIN && errno != EINTR) return false;
    if (size < 0) break;
    sent += static_cast<size_t>(size);
  }
  bytes.erase(0, sent);
  return true;
}

bool ByteStream::Write(std::string& bytes) {
  if (!tls_) return Flush(bytes);
  for (size_t taken = 1; taken > 0;) {
    taken = 0;
    if (encrypted_.empty()) {
      taken = tls_->Write(std::string_view(bytes).substr(0, kEncrypted));
      bytes.erase(0, taken);
      tls_->Send(encrypted_);
    }
    if (!Flush(encrypted_)) return false;
  }
  return tls_->state() != TlsSession::State::kBroken;
}

ByteStream::Result ByteStream::Receive(std::span<char> buffer, size_t& size) {
  const ssize_t received = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
  size = static_cast<size_t>(std::max<ssize_t>(received, 0));
  if (received > 0) return Result::kSome;
  return received < 0 && (errno == EAGAIN || errno == EINTR) ? Result::kNothing : Result::kEnd;
}

ByteStream::Result ByteStream::Read(std::span<char> buffer, size_t& size) {
  if (!tls_) return Receive(buffer, size);
  for (;;) {
    if ((size = tls_->Read(buffer)) > 0) return Result::kSome;
    if (tls_->state() == TlsSession::State::kEnded || tls_->state() == TlsSession::State::kBroken) return Result::kEnd;
    size_t received = 0;
    const Result result = Receive(buffer, received);
    if (result != Result::kSome) return result;
    tls_->Receive({buffer.data(), received});
    // What the handshake has to say, or an alert.
    tls_->Send(encrypted_);
    if (!Flush(encrypted_)) return Result::kEnd;
  }
}

const std::string& ByteStream::error() const {
  static const std::string kNone;
  return tls_ ? tls_->error() : kNone;
}

}  // namespace tomada::net
