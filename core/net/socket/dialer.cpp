#include "net/socket/dialer.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <thread>

#include "net/socket/socket_options.h"

namespace tomada::net {

using Clock = std::chrono::steady_clock;

absl::StatusOr<UniqueFd> Dialer::Dial(const HostPort& server, const Patience& patience) {
  absl::StatusOr<SocketAddresses> addresses = Resolve(server, patience);
  if (!addresses.ok()) return addresses.status();
  absl::StatusOr<UniqueFd> fd = absl::UnavailableError("the name has no address");
  for (const SocketAddress& each : *addresses) {
    fd = Connect(each, patience);
    if (fd.ok()) break;
  }
  return fd;
}

absl::StatusOr<SocketAddresses> Dialer::Resolve(const HostPort& server, const Patience& patience) {
  const auto [look_up, is_new] = look_ups_.try_emplace(server.ToString());
  LookUpResult& result = look_up->second;
  if (is_new) {
    // The thread may outlive the dialer, so it shares nothing with it.
    std::packaged_task<absl::StatusOr<SocketAddresses>()> task([server] { return LookUp(server); });
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
  const Clock::time_point deadline = Clock::now() + patience.timeout;
  while (result.wait_for(kStep) != std::future_status::ready) {
    pollfd interrupt{patience.interrupt, POLLIN, 0};
    if (Clock::now() >= deadline || ::poll(&interrupt, 1, 0) > 0) {
      return absl::UnavailableError("name look-up timed out");
    }
  }
  absl::StatusOr<SocketAddresses> addresses = result.get();
  look_ups_.erase(look_up);
  return addresses;
}

absl::StatusOr<UniqueFd> Dialer::Connect(const SocketAddress& address, const Patience& patience) const {
  UniqueFd fd(::socket(address.get()->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return SocketError(errno);
  if (address.get()->sa_family != AF_UNIX) SetOptions(fd.get());
  if (::connect(fd.get(), address.get(), address.size) == 0) return fd;
  if (errno != EINPROGRESS) return SocketError(errno);
  if (!WaitFor(fd.get(), POLLOUT, Clock::now() + patience.timeout, patience.interrupt)) {
    return absl::UnavailableError("connect timed out");
  }
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return SocketError(error);
  return fd;
}

void Dialer::SetOptions(int fd) const {
  SendAtOnce(fd);
  if (silence_.count() == 0) return;
  const int probe = std::max(1, static_cast<int>(silence_.count() / 2));  // after, and between: seconds
  SetOption(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  SetOption(fd, IPPROTO_TCP, TCP_KEEPIDLE, probe);
  SetOption(fd, IPPROTO_TCP, TCP_KEEPINTVL, probe);
  SetOption(fd, IPPROTO_TCP, TCP_KEEPCNT, 2);
  SetOption(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(std::chrono::milliseconds(silence_).count()));
}

}  // namespace tomada::net
