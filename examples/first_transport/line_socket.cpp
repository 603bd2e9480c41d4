#include "line_socket.h"

#include <netdb.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>
#include <system_error>

namespace first_transport {
namespace {

using Clock = std::chrono::steady_clock;
using tomada::Deadline;
using tomada::HostPort;
using tomada::UniqueFd;

// Host and port of what `get`, getsockname or getpeername, tells of a socket.
HostPort AddressOf(int (*get)(int, sockaddr*, socklen_t*), int socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  char host[NI_MAXHOST] = "", port[NI_MAXSERV] = "0";
  if (get(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0) {
    getnameinfo(reinterpret_cast<sockaddr*>(&address), size, host, sizeof host, port, sizeof port,
                NI_NUMERICHOST | NI_NUMERICSERV);
  }
  return {host, static_cast<uint16_t>(std::stoi(port))};
}

}  // namespace

bool Poll(std::span<pollfd> fds, Deadline until) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
    const int wait = static_cast<int>(std::clamp<int64_t>(left, 0, 60'000));
    if (poll(fds.data(), fds.size(), wait) > 0) return true;
    if (left <= 0) return false;
  }
}

bool Signal::Open() {
  fd_.Reset(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  return static_cast<bool>(fd_);
}

void Signal::Set() {
  set_.store(true);
  eventfd_write(fd_.get(), 1);
}

void Signal::Reset() {
  eventfd_t count;
  eventfd_read(fd_.get(), &count);
  set_.store(false);
}

absl::StatusOr<UniqueFd> Listen(const HostPort& address) {
  addrinfo hints{}, *found = nullptr;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  const int wrong = getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
  if (wrong != 0) return absl::UnavailableError("cannot listen on " + address.ToString() + ": " + gai_strerror(wrong));
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, freeaddrinfo);
  UniqueFd listener(socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;  // an address that was just in use may be taken again
  if (setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      bind(listener.get(), found->ai_addr, found->ai_addrlen) != 0 || listen(listener.get(), 128) != 0) {
    return absl::UnavailableError("cannot listen on " + address.ToString() + ": " +
                                  std::generic_category().message(errno));
  }
  return listener;
}

std::string LocalAddress(const UniqueFd& socket) { return AddressOf(getsockname, socket.get()).ToString(); }

absl::StatusOr<std::string> LineSocket::ReadLine(Deadline until, const Signal& interrupt) {
  for (size_t looked_at = 0;;) {
    const size_t end = received_.find('\n', looked_at);
    if (std::min(end, received_.size()) > max_line_) {
      return absl::OutOfRangeError("the line is longer than " + std::to_string(max_line_) + " bytes");
    }
    if (end != std::string::npos) {
      std::string line = received_.substr(0, end);
      received_.erase(0, end + 1);
      if (line.ends_with('\r')) line.pop_back();
      return line;
    }
    looked_at = received_.size();
    std::array fds = {pollfd{socket_.get(), POLLIN, 0}, interrupt.Waits()};
    if (!Poll(fds, until)) return absl::DeadlineExceededError("no line came");
    if (fds[1].revents != 0) return absl::UnavailableError("no line is wanted");
    char bytes[4096];
    const ssize_t count = recv(socket_.get(), bytes, sizeof bytes, 0);
    if (count > 0) received_.append(bytes, count);
    if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) return absl::CancelledError("closed");
  }
}

bool LineSocket::Write(std::string_view text, Deadline until, const Signal& interrupt) {
  while (!text.empty()) {
    const ssize_t count = send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL);
    if (count >= 0) {
      text.remove_prefix(count);
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return false;
    std::array fds = {pollfd{socket_.get(), POLLOUT, 0}, interrupt.Waits()};
    if (!Poll(fds, until) || fds[1].revents != 0) return false;
  }
  return true;
}

std::string LineSocket::PeerAddress() const { return AddressOf(getpeername, socket_.get()).host; }

}  // namespace first_transport
