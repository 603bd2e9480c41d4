#include "dialer.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/un.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <system_error>
#include <thread>

namespace tomada::redis_store {
namespace {

void SetOptions(int fd, int family) {
  if (family == AF_UNIX) return;
  const auto set = [&](int level, int name, int value) { ::setsockopt(fd, level, name, &value, sizeof value); };
  set(IPPROTO_TCP, TCP_NODELAY, 1);
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, 1);
  set(IPPROTO_TCP, TCP_KEEPINTVL, 1);
  set(IPPROTO_TCP, TCP_KEEPCNT, 2);
  set(IPPROTO_TCP, TCP_USER_TIMEOUT, 2000);
}

}  // namespace

absl::StatusOr<UniqueFd> Dialer::Dial(const ServerAddress& address, const Patience& patience) {
  absl::StatusOr<Addresses> addresses = Resolve(address, patience);
  if (!addresses.ok()) return addresses.status();
  absl::StatusOr<UniqueFd> fd = absl::UnavailableError("the name has no address");
  for (const SocketAddress& each : *addresses) {
    fd = Connect(each, patience);
    if (fd.ok()) break;
  }
  return fd;
}

absl::StatusOr<Dialer::Addresses> Dialer::Resolve(const ServerAddress& server, const Patience& patience) {
  if (!server.path.empty()) {
    sockaddr_un unix_address{};
    unix_address.sun_family = AF_UNIX;
    std::memcpy(unix_address.sun_path, server.path.data(), server.path.size());
    SocketAddress address;
    std::memcpy(&address.storage, &unix_address, sizeof unix_address);
    address.size = sizeof unix_address;
    return Addresses{address};
  }
  const auto [look_up, is_new] = look_ups_.try_emplace(server.ToString());
  std::future<absl::StatusOr<Addresses>>& result = look_up->second;
  if (is_new) {
    // The thread may outlive the dialer, so it shares nothing with it.
    std::packaged_task<absl::StatusOr<Addresses>()> task(
        [host = server.host, port = server.port] { return LookUp(host, port); });
    result = task.get_future();
    try {
      std::thread(std::move(task)).detach();
    } catch (const std::system_error& error) {  // no thread is to be had
      look_ups_.erase(look_up);
      return SocketError(error.code().value());
    }
  }
  // A look-up has no descriptor to poll: it is looked at now and then.
  constexpr std::chrono::milliseconds kStep{10};
  const TimePoint deadline = std::chrono::steady_clock::now() + patience.timeout;
  while (result.wait_for(kStep) != std::future_status::ready) {
    pollfd interrupt{patience.interrupt, POLLIN, 0};
    if (std::chrono::steady_clock::now() >= deadline || ::poll(&interrupt, 1, 0) > 0) {
      return absl::UnavailableError("name look-up timed out");
    }
  }
  absl::StatusOr<Addresses> addresses = result.get();
  look_ups_.erase(look_up);
  return addresses;
}

absl::StatusOr<Dialer::Addresses> Dialer::LookUp(const std::string& host, uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found); error != 0) {
    return absl::UnavailableError(::gai_strerror(error));
  }
  Addresses addresses;
  for (const addrinfo* info = found; info; info = info->ai_next) {
    SocketAddress& address = addresses.emplace_back();
    std::memcpy(&address.storage, info->ai_addr, info->ai_addrlen);
    address.size = info->ai_addrlen;
  }
  ::freeaddrinfo(found);
  return addresses;
}

absl::StatusOr<UniqueFd> Dialer::Connect(const SocketAddress& address, const Patience& patience) {
  UniqueFd fd(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return SocketError(errno);
  SetOptions(fd.get(), address.storage.ss_family);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.size) == 0) return fd;
  if (errno != EINPROGRESS) return SocketError(errno);
  if (!WaitFor(fd.get(), POLLOUT, std::chrono::steady_clock::now() + patience.timeout, patience.interrupt)) {
    return absl::UnavailableError("connect timed out");
  }
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return SocketError(error);
  return fd;
}

}  // namespace tomada::redis_store
