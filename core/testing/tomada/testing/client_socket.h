// A TCP connection of a client, for drivers of protocols without a library: it waits no longer than it is told to.
#ifndef TOMADA_TESTING_CLIENT_SOCKET_H_
#define TOMADA_TESTING_CLIENT_SOCKET_H_

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace tomada::testing {

// Not thread-safe.
class ClientSocket {
 public:
  using Clock = std::chrono::steady_clock;

  // Of "127.0.0.1:8000".
  ClientSocket(const std::string& address, std::chrono::milliseconds patience) {
    const size_t colon = address.rfind(':');
    sockaddr_in peer{};
    peer.sin_family = AF_INET;
    peer.sin_port = htons(static_cast<uint16_t>(std::strtoul(address.c_str() + colon + 1, nullptr, 10)));
    if (::inet_pton(AF_INET, address.substr(0, colon).c_str(), &peer.sin_addr) != 1) return;
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    int error = ::connect(fd_, reinterpret_cast<sockaddr*>(&peer), sizeof peer) == 0 ? 0 : errno;
    socklen_t size = sizeof error;
    if (error == EINPROGRESS && Await(POLLOUT, Clock::now() + patience)) {
      ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
    }
    if (error != 0) Close();
  }
  ~ClientSocket() { Close(); }
  ClientSocket(const ClientSocket&) = delete;
  ClientSocket& operator=(const ClientSocket&) = delete;

  // Whether the end has not been read. There may still be bytes that have come before it.
  bool open() const { return fd_ >= 0 && !ended_; }
  // Reads what has come.
  void Look() { Fill(Clock::now()); }
  int fd() const { return fd_; }
  // The caller closes it from here on.
  int Release() { return std::exchange(fd_, -1); }

  // Appends to what waits to be sent; nothing is sent by this.
  void Put(std::string_view bytes) { unsent_ += bytes; }
  // Sends what waits; false when the other end has not taken all of it in time, or is gone.
  bool Flush(Clock::time_point until) {
    while (!unsent_.empty()) {
      if (fd_ < 0) return false;
      const ssize_t sent = ::send(fd_, unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
      if (sent > 0) {
        unsent_.erase(0, static_cast<size_t>(sent));
      } else if (errno != EAGAIN) {
        unsent_.clear();
        return false;
      } else if (!Await(POLLOUT, until)) {
        return false;
      }
    }
    return true;
  }
  bool flushed() const { return unsent_.empty(); }

  // A line without its end, "\r\n" or "\n"; nothing when none has come in time.
  std::optional<std::string> Line(Clock::time_point until) {
    size_t end;
    while ((end = received_.find('\n')) == std::string::npos) {
      if (!Fill(until)) return std::nullopt;
    }
    std::string line = received_.substr(0, end > 0 && received_[end - 1] == '\r' ? end - 1 : end);
    received_.erase(0, end + 1);
    return line;
  }
  std::optional<std::string> Bytes(size_t count, Clock::time_point until) {
    while (received_.size() < count) {
      if (!Fill(until)) return std::nullopt;
    }
    std::string bytes = received_.substr(0, count);
    received_.erase(0, count);
    return bytes;
  }

  void Close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
    ended_ = true;
  }

 private:
  bool Await(short events, Clock::time_point until) const {
    pollfd one{fd_, events, 0};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
    return ::poll(&one, 1, left > 0 ? static_cast<int>(left) : 0) > 0;
  }
  bool Fill(Clock::time_point until) {
    if (!open() || !Await(POLLIN, until)) return false;
    char chunk[16384];
    const ssize_t got = ::recv(fd_, chunk, sizeof chunk, 0);
    if (got > 0) received_.append(chunk, static_cast<size_t>(got));
    if (got == 0 || (got < 0 && errno != EAGAIN)) ended_ = true;
    return got > 0;
  }

  int fd_ = -1;
  bool ended_ = false;
  std::string unsent_, received_;
};

}  // namespace tomada::testing

#endif  // TOMADA_TESTING_CLIENT_SOCKET_H_
