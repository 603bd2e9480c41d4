#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "support/loopback_port.h"

namespace tomada::testing {

// Listens where a server should, and does with each connection what the test says.
class FalseServer {
 public:
  // `serve` has a thread and a socket for each connection, and returns soon after the socket has been shut down.
  explicit FalseServer(std::function<void(int fd)> serve)
      : serve_(std::move(serve)), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    int on = 1;
    ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in name = LoopbackPort::LoopbackName(port_.number());
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&name), sizeof name) != 0 || ::listen(listener_, 8) != 0) {
      throw std::runtime_error("the false server cannot listen");
    }
    acceptor_ = std::thread([this] { Accept(); });
  }
  ~FalseServer() {
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    for (auto& [fd, thread] : links_) {
      ::shutdown(fd, SHUT_RDWR);
      thread.join();
      ::close(fd);
    }
    ::close(listener_);
  }
  FalseServer(const FalseServer&) = delete;
  FalseServer& operator=(const FalseServer&) = delete;

  std::string address() const { return port_.address(); }
  size_t connections() const { return connections_; }

  // For `serve`. False when the other side takes no more.
  static bool Send(int fd, const std::string& bytes) {
    for (size_t sent = 0; sent < bytes.size();) {
      const ssize_t size = ::send(fd, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
      if (size <= 0) return false;
      sent += static_cast<size_t>(size);
    }
    return true;
  }
  // For `serve`: passes everything on to and from a real server until the client sends something with `word` in it;
  // true then.
  static bool RelayUntil(int fd, uint16_t port, const std::string& word) {
    const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in name = LoopbackPort::LoopbackName(port);
    bool found = false;
    pollfd polls[] = {{fd, POLLIN, 0}, {server, POLLIN, 0}};
    for (bool open = ::connect(server, reinterpret_cast<sockaddr*>(&name), sizeof name) == 0; open && !found;) {
      ::poll(polls, 2, -1);
      for (int from : {0, 1}) {
        if (!open || found || polls[from].revents == 0) continue;
        char buffer[65536];
        const ssize_t size = ::recv(polls[from].fd, buffer, sizeof buffer, 0);
        const std::string bytes(buffer, static_cast<size_t>(std::max<ssize_t>(size, 0)));
        found = from == 0 && bytes.find(word) != std::string::npos;
        open = found || (size > 0 && Send(polls[1 - from].fd, bytes));
      }
    }
    ::close(server);
    return found;
  }

 private:
  void Accept() {
    for (int fd; (fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0;) {
      ++connections_;
      links_.emplace_back(fd, std::thread([this, fd] {
                            serve_(fd);
                            ::shutdown(fd, SHUT_RDWR);
                          }));
    }
  }

  const std::function<void(int)> serve_;
  const LoopbackPort port_;
  int listener_;
  std::atomic<size_t> connections_{0};
  std::vector<std::pair<int, std::thread>> links_;  // of the acceptor, then of the destructor
  std::thread acceptor_;
};

}  // namespace tomada::testing
