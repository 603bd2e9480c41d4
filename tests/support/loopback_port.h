#pragma once

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <string>
#include <system_error>

namespace tomada::testing {

// A TCP port of 127.0.0.1 that the kernel chose, kept for a server that comes and goes. The kernel gives it to nobody
// else meanwhile, above all not to a client as its own end: one that keeps connecting to a dead server's port would
// sooner or later connect to itself. The server binds it with SO_REUSEADDR.
class LoopbackPort {
 public:
  LoopbackPort() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    int on = 1;
    ::setsockopt(fd_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in name = LoopbackName(0);
    socklen_t size = sizeof name;
    if (::bind(fd_, reinterpret_cast<sockaddr*>(&name), size) != 0 ||
        ::getsockname(fd_, reinterpret_cast<sockaddr*>(&name), &size) != 0) {
      throw std::system_error(errno, std::generic_category(), "cannot get a port");
    }
    number_ = ntohs(name.sin_port);
  }
  ~LoopbackPort() { ::close(fd_); }
  LoopbackPort(const LoopbackPort&) = delete;
  LoopbackPort& operator=(const LoopbackPort&) = delete;

  uint16_t number() const { return number_; }
  std::string address() const { return "127.0.0.1:" + std::to_string(number_); }

  static sockaddr_in LoopbackName(uint16_t port) {
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    name.sin_port = htons(port);
    return name;
  }

 private:
  int fd_;
  uint16_t number_;
};

}  // namespace tomada::testing
