#include "net/socket/dialer.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>

#include "net/socket/socket_options.h"

namespace tomada::net {
namespace {

using Clock = std::chrono::steady_clock;

void LimitSilence(int fd, std::chrono::seconds silence) {
  const int probe = std::max(1, static_cast<int>(silence.count() / 2));  // after, and between: seconds
  SetOption(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  SetOption(fd, IPPROTO_TCP, TCP_KEEPIDLE, probe);
  SetOption(fd, IPPROTO_TCP, TCP_KEEPINTVL, probe);
  SetOption(fd, IPPROTO_TCP, TCP_KEEPCNT, 2);
  SetOption(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(std::chrono::milliseconds(silence).count()));
}

}  // namespace

absl::StatusOr<UniqueFd> BeginConnect(const SocketAddress& address) {
  UniqueFd fd(::socket(address.get()->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return SocketError(errno);
  if (address.get()->sa_family != AF_UNIX) SendAtOnce(fd.get());
  if (::connect(fd.get(), address.get(), address.size) != 0 && errno != EINPROGRESS) return SocketError(errno);
  return fd;
}

absl::Status ConnectResult(int fd) {
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
  return error == 0 ? absl::OkStatus() : SocketError(error);
}

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
  const auto [look_up, is_new] = look_ups_.try_emplace(server.ToString(), server, looked_up_);
  const Clock::time_point deadline = Clock::now() + patience.timeout;
  for (looked_up_->Clear(); !look_up->second.ready(); looked_up_->Clear()) {  // it may be another's that was given up
    if (!WaitFor(looked_up_->fd(), POLLIN, deadline, patience.interrupt)) {
      return absl::UnavailableError("name look-up timed out");
    }
  }
  absl::StatusOr<SocketAddresses> addresses = look_up->second.Take();
  look_ups_.erase(look_up);
  return addresses;
}

absl::StatusOr<UniqueFd> Dialer::Connect(const SocketAddress& address, const Patience& patience) const {
  absl::StatusOr<UniqueFd> fd = BeginConnect(address);
  if (!fd.ok()) return fd;
  if (address.get()->sa_family != AF_UNIX && silence_.count() > 0) LimitSilence(fd->get(), silence_);
  if (!WaitFor(fd->get(), POLLOUT, Clock::now() + patience.timeout, patience.interrupt)) {
    return absl::UnavailableError("connect timed out");
  }
  if (absl::Status failed = ConnectResult(fd->get()); !failed.ok()) return failed;
  return fd;
}

}  // namespace tomada::net
