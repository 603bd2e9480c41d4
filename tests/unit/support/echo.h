// A server that sends back what it gets, and a client to try it with.
#pragma once

#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "support/loopback_port.h"

namespace tomada::testing {

class EchoServer {
 public:
  EchoServer() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    int on = 1;
    ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in name = LoopbackPort::LoopbackName(port_.number());
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&name), sizeof name) != 0 || ::listen(listener_, 64) != 0) {
      throw std::runtime_error("the echo server cannot listen");
    }
    thread_ = std::thread([this] { Accept(); });
  }
  ~EchoServer() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    for (int fd : connections_) ::shutdown(fd, SHUT_RDWR);
    for (std::thread& thread : echoes_) thread.join();
    for (int fd : connections_) ::close(fd);
    ::close(listener_);
  }
  EchoServer(const EchoServer&) = delete;
  EchoServer& operator=(const EchoServer&) = delete;

  uint16_t port() const { return port_.number(); }
  // All that it was sent, on whichever connection.
  std::string received() const {
    std::lock_guard lock(mutex_);
    return received_;
  }

 private:
  void Accept() {
    for (int fd; (fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0;) {
      connections_.push_back(fd);
      echoes_.emplace_back([this, fd] { Echo(fd); });
    }
  }
  void Echo(int fd) {
    char buffer[4096];
    for (ssize_t size; (size = ::recv(fd, buffer, sizeof buffer, 0)) > 0;) {
      {
        std::lock_guard lock(mutex_);
        received_.append(buffer, static_cast<size_t>(size));
      }
      ::send(fd, buffer, static_cast<size_t>(size), MSG_NOSIGNAL);
    }
    ::shutdown(fd, SHUT_WR);
  }

  const LoopbackPort port_;
  int listener_;
  mutable std::mutex mutex_;
  std::string received_;  // guarded by mutex_
  std::vector<int> connections_;
  std::vector<std::thread> echoes_;
  std::thread thread_;
};

class EchoClient {
 public:
  explicit EchoClient(uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in name = LoopbackPort::LoopbackName(port);
    connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&name), sizeof name) == 0;
  }
  ~EchoClient() { ::close(fd_); }
  EchoClient(const EchoClient&) = delete;
  EchoClient& operator=(const EchoClient&) = delete;

  bool connected() const { return connected_; }
  int fd() const { return fd_; }

  void Send(const std::string& bytes) { ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }
  // What has come when `count` bytes have, the connection has ended, or time is up.
  std::string Receive(size_t count, std::chrono::milliseconds patience = std::chrono::seconds(5)) {
    std::string bytes;
    while (bytes.size() < count && ReceiveOnce(bytes, patience) > 0) ++packets_;
    return bytes;
  }
  // One read; as recv, and -2 when nothing comes in time.
  ssize_t ReceiveOnce(std::string& bytes, std::chrono::milliseconds patience = std::chrono::seconds(5)) {
    pollfd readable{fd_, POLLIN, 0};
    if (::poll(&readable, 1, static_cast<int>(patience.count())) <= 0) return -2;
    char buffer[4096];
    ssize_t size = ::recv(fd_, buffer, sizeof buffer, 0);
    if (size > 0) bytes.append(buffer, static_cast<size_t>(size));
    return size;
  }
  size_t packets() const { return packets_; }

 private:
  int fd_;
  bool connected_ = false;
  size_t packets_ = 0;
};

}  // namespace tomada::testing
