#pragma once

#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>
#include <string>
#include <thread>

#include <fmt/format.h>

#include "support/loopback_port.h"

namespace tomada::testing {

// Says that it is a Sentinel, and names the same primary for ever, as one does that has been cut off from the others.
class LyingSentinel {
 public:
  explicit LyingSentinel(uint16_t named)
      : answer_(fmt::format("*2\r\n$9\r\n127.0.0.1\r\n${}\r\n{}\r\n", std::to_string(named).size(), named)),
        listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    int on = 1;
    ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in name = LoopbackPort::LoopbackName(port_.number());
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&name), sizeof name) != 0 || ::listen(listener_, 8) != 0) {
      throw std::runtime_error("the lying sentinel cannot listen");
    }
    thread_ = std::thread([this] { Serve(); });
  }
  ~LyingSentinel() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  LyingSentinel(const LyingSentinel&) = delete;
  LyingSentinel& operator=(const LyingSentinel&) = delete;

  std::string address() const { return port_.address(); }

 private:
  // One question for each connection.
  void Serve() {
    for (int fd; (fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0;) {
      char question[1024];
      if (::recv(fd, question, sizeof question, 0) > 0) ::send(fd, answer_.data(), answer_.size(), MSG_NOSIGNAL);
      ::close(fd);
    }
  }

  const LoopbackPort port_;
  const std::string answer_;
  int listener_;
  std::thread thread_;
};

}  // namespace tomada::testing
