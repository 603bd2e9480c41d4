#include "net/tls/byte_stream.h"

#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace tomada::net {
namespace {

// What is encrypted at a time: the socket may be slow.
constexpr size_t kEncrypted = 64 << 10;
constexpr size_t kEncryptedKept = 16 << 10;

}  // namespace

ByteStream::ByteStream(UniqueFd socket, std::optional<TlsSession> tls)
    : socket_(std::move(socket)), tls_(std::move(tls)) {}

void ByteStream::Secure(TlsSession tls, std::string_view received) {
  tls_.emplace(std::move(tls));
  tls_->Receive(received);
  tls_->Send(encrypted_);
}

bool ByteStream::Put(std::string_view bytes, bool more, size_t& sent) {
  sent = 0;
  while (sent < bytes.size()) {
    const int flags = MSG_NOSIGNAL | (more ? MSG_MORE : 0);
    const ssize_t size = ::send(socket_.get(), bytes.data() + sent, bytes.size() - sent, flags);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno == EAGAIN) break;
    if (size < 0) {
      broken_ = true;
      return false;
    }
    sent += static_cast<size_t>(size);
  }
  return true;
}

bool ByteStream::Flush() {
  size_t sent = 0;
  if (!Put(encrypted_, false, sent)) return false;
  encrypted_.erase(0, sent);
  if (encrypted_.empty() && encrypted_.capacity() > kEncryptedKept) encrypted_.shrink_to_fit();
  return true;
}

bool ByteStream::Write(std::string& bytes) {
  size_t taken = 0;
  const bool there = Write(bytes, false, taken);
  bytes.erase(0, taken);
  return there;
}

bool ByteStream::Write(std::string_view bytes, bool more, size_t& taken) {
  taken = 0;
  if (!tls_) return Put(bytes, more, taken);
  if (!Flush()) return false;
  while (encrypted_.empty()) {
    const size_t some = tls_->Write(bytes.substr(taken, kEncrypted));
    taken += some;
    tls_->Send(encrypted_);  // what the handshake has to say as well
    if (!Flush()) return false;
    if (some == 0) break;
  }
  broken_ |= tls_->state() == TlsSession::State::kBroken;
  return !broken_;
}

bool ByteStream::Finish() {
  if (tls_ && !std::exchange(finished_, true)) {
    tls_->SayGoodbye();
    tls_->Send(encrypted_);
  }
  if (!Flush()) return false;
  if (encrypted_.empty()) ::shutdown(socket_.get(), SHUT_WR);
  return true;
}

ByteStream::Result ByteStream::Receive(std::span<char> buffer, size_t& size) {
  ssize_t received = 0;
  do {
    received = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
  } while (received < 0 && errno == EINTR);
  size = static_cast<size_t>(std::max<ssize_t>(received, 0));
  if (received > 0) return Result::kSome;
  if (received < 0 && errno == EAGAIN) return Result::kNothing;
  broken_ |= received < 0;
  return Result::kEnd;
}

ByteStream::Result ByteStream::Shake() {
  char bytes[4096];
  for (;;) {
    tls_->Send(encrypted_);
    Flush();  // when that fails, what has come may say why
    if (tls_->state() == TlsSession::State::kOpen) return Result::kSome;
    size_t size = 0;
    Result result = TlsEnd();
    if (result == Result::kNothing) result = Receive(bytes, size);
    if (result != Result::kSome) return result;
    tls_->Receive({bytes, size});
  }
}

ByteStream::Result ByteStream::TlsEnd() {
  const bool broken = tls_->state() == TlsSession::State::kBroken;
  broken_ |= broken;
  return broken || tls_->state() == TlsSession::State::kEnded ? Result::kEnd : Result::kNothing;
}

ByteStream::Result ByteStream::ReadHeld(std::span<char> buffer, size_t& size) {
  size = tls_ ? tls_->Read(buffer) : 0;
  if (size > 0) return Result::kSome;
  return tls_ ? TlsEnd() : Result::kNothing;
}

ByteStream::Result ByteStream::Read(std::span<char> buffer, size_t& size) {
  if (!tls_) return Receive(buffer, size);
  for (;;) {
    if (const Result held = ReadHeld(buffer, size); held != Result::kNothing) return held;
    size_t received = 0;
    const Result result = Receive(buffer, received);
    if (result != Result::kSome) return result;
    tls_->Receive({buffer.data(), received});
    // What the handshake has to say, or an alert. When that cannot be sent, what has come may say why.
    tls_->Send(encrypted_);
    Flush();
  }
}

bool ByteStream::HasUnread() const {
  int count = 0;
  return (tls_ && tls_->HasUnread()) || (::ioctl(socket_.get(), FIONREAD, &count) == 0 && count > 0);
}

const std::string& ByteStream::error() const {
  static const std::string kNone;
  return tls_ ? tls_->error() : kNone;
}

}  // namespace tomada::net
