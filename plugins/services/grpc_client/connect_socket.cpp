#include "connect_socket.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "tomada/config.h"

namespace tomada::grpc_client {
namespace {

using Clock = std::chrono::steady_clock;

struct Free {
  void operator()(addrinfo* addresses) const { ::freeaddrinfo(addresses); }
};

bool Connects(int socket, Clock::time_point deadline, const std::atomic<bool>& stop) {
  constexpr int kLook = 50;  // milliseconds
  while (!stop && Clock::now() < deadline) {
    pollfd writable{socket, POLLOUT, 0};
    if (::poll(&writable, 1, kLook) <= 0) continue;
    int error = 0;
    socklen_t size = sizeof error;
    return ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
  }
  return false;
}

// Empty when it does not connect.
UniqueFd Connect(const addrinfo& address, Clock::time_point deadline, const std::atomic<bool>& stop) {
  UniqueFd socket(::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return socket;
  int on = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const int started = ::connect(socket.get(), address.ai_addr, address.ai_addrlen);
  if (started != 0 && (errno != EINPROGRESS || !Connects(socket.get(), deadline, stop))) return UniqueFd();
  return socket;
}

}  // namespace

Connected ConnectSocket(const std::string& target, std::chrono::nanoseconds timeout, const std::atomic<bool>& stop) {
  const auto deadline = Clock::now() + timeout;
  const absl::StatusOr<HostPort> address = HostPort::Parse(target);
  if (!address.ok()) return {};
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(address->host.c_str(), std::to_string(address->port).c_str(), &hints, &found) != 0) return {};
  const std::unique_ptr<addrinfo, Free> addresses(found);
  if (addresses->ai_next != nullptr && !address->IsLoopback()) return {UniqueFd(), true};
  for (const addrinfo* next = addresses.get(); next != nullptr; next = next->ai_next) {
    if (UniqueFd socket = Connect(*next, deadline, stop)) return {std::move(socket)};
  }
  return {};
}

}  // namespace tomada::grpc_client
