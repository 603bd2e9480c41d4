#include "connection.h"

#include <sys/socket.h>

#include <cerrno>

#include "net/socket/patience.h"

namespace tomada::redis_store {

absl::Status Connection::Write() {
  while (unwritten() > 0) {
    const ssize_t size = ::send(fd_.get(), out_.data() + written_, unwritten(), MSG_NOSIGNAL);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno == EAGAIN) return absl::OkStatus();
    if (size < 0) return net::SocketError(errno);
    written_ += static_cast<size_t>(size);
  }
  // A buffer that once held much gives its memory back.
  if (out_.capacity() > (1 << 20)) std::string().swap(out_);
  out_.clear();
  written_ = 0;
  return absl::OkStatus();
}

absl::Status Connection::Read(size_t& received) {
  char bytes[64 << 10];
  const ssize_t size = ::recv(fd_.get(), bytes, sizeof bytes, 0);
  if (size > 0) {
    received += static_cast<size_t>(size);
    replies_.Feed(std::string_view(bytes, static_cast<size_t>(size)));
    return absl::OkStatus();
  }
  if (size == 0) return absl::UnavailableError("connection closed by the server");
  if (errno == EAGAIN || errno == EINTR) return absl::OkStatus();
  return net::SocketError(errno);
}

}  // namespace tomada::redis_store
