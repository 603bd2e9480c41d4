#include "socket.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <future>
#include <system_error>
#include <thread>

#include <fmt/format.h>

namespace tomada::redis_store {
namespace {

using Clock = std::chrono::steady_clock;

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

absl::Status TimedOut(std::string_view what) { return absl::UnavailableError(fmt::format("{} timed out", what)); }

bool Interrupted(const Patience& patience) {
  pollfd poll{patience.interrupt, POLLIN, 0};
  return ::poll(&poll, 1, 0) > 0;
}

// False when the time was over, or the wait was ended, first.
bool WaitFor(int fd, short events, const Patience& patience) {
  const TimePoint deadline = Clock::now() + patience.timeout;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd polls[] = {{fd, events, 0}, {patience.interrupt, POLLIN, 0}};
    ::poll(polls, 2, static_cast<int>(std::max<int64_t>(left, 0)));
    if (polls[1].revents != 0) return false;
    if (polls[0].revents != 0) return true;
    if (left <= 0) return false;
  }
}

// Runs on a thread that may outlive whoever asked.
absl::StatusOr<std::vector<SocketAddress>> LookUp(const std::string& host, uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found); error != 0) {
    return absl::UnavailableError(::gai_strerror(error));
  }
  std::vector<SocketAddress> addresses;
  for (const addrinfo* info = found; info; info = info->ai_next) {
    SocketAddress& address = addresses.emplace_back();
    std::memcpy(&address.storage, info->ai_addr, info->ai_addrlen);
    address.size = info->ai_addrlen;
  }
  ::freeaddrinfo(found);
  return addresses;
}

absl::StatusOr<std::vector<SocketAddress>> Resolve(const ServerAddress& server, const Patience& patience) {
  if (!server.path.empty()) {
    sockaddr_un unix_address{};
    unix_address.sun_family = AF_UNIX;
    std::memcpy(unix_address.sun_path, server.path.data(), server.path.size());
    SocketAddress address;
    std::memcpy(&address.storage, &unix_address, sizeof unix_address);
    address.size = sizeof unix_address;
    return std::vector<SocketAddress>{address};
  }
  std::packaged_task<absl::StatusOr<std::vector<SocketAddress>>()> task(
      [host = server.host, port = server.port] { return LookUp(host, port); });
  std::future<absl::StatusOr<std::vector<SocketAddress>>> result = task.get_future();
  std::thread(std::move(task)).detach();
  // A look-up has no descriptor to poll: it is looked at now and then.
  constexpr std::chrono::milliseconds kStep{10};
  const TimePoint deadline = Clock::now() + patience.timeout;
  while (result.wait_for(kStep) != std::future_status::ready) {
    if (Clock::now() >= deadline || Interrupted(patience)) return TimedOut("name look-up");
  }
  return result.get();
}

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

absl::StatusOr<UniqueFd> Connect(const SocketAddress& address, const Patience& patience) {
  UniqueFd fd(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return SocketError(errno);
  SetOptions(fd.get(), address.storage.ss_family);
  if (::connect(fd.get(), address.get(), address.size) == 0) return fd;
  if (errno != EINPROGRESS) return SocketError(errno);
  if (!WaitFor(fd.get(), POLLOUT, patience)) return TimedOut("connect");
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return SocketError(error);
  return fd;
}

}  // namespace

absl::Status SocketError(int error) { return absl::UnavailableError(std::generic_category().message(error)); }

absl::StatusOr<UniqueFd> Dial(const ServerAddress& address, const Patience& patience) {
  absl::StatusOr<std::vector<SocketAddress>> addresses = Resolve(address, patience);
  if (!addresses.ok()) return addresses.status();
  absl::StatusOr<UniqueFd> fd = absl::UnavailableError("the name has no address");
  for (const SocketAddress& each : *addresses) {
    fd = Connect(each, patience);
    if (fd.ok()) break;
  }
  return fd;
}

absl::Status Conversation::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t size = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (size >= 0) {
      bytes.remove_prefix(static_cast<size_t>(size));
    } else if (errno != EAGAIN && errno != EINTR) {
      return SocketError(errno);
    } else if (!WaitFor(fd_, POLLOUT, patience_)) {
      return TimedOut("sending");
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Reply> Conversation::Receive() {
  for (;;) {
    absl::StatusOr<std::optional<Reply>> reply = parser_.Next();
    if (!reply.ok()) return reply.status();
    if (reply->has_value()) return **reply;
    if (!WaitFor(fd_, POLLIN, patience_)) return absl::UnavailableError("no answer in time");
    char bytes[4096];
    const ssize_t size = ::recv(fd_, bytes, sizeof bytes, 0);
    if (size == 0) return absl::UnavailableError("connection closed by the server");
    if (size < 0 && errno != EAGAIN && errno != EINTR) return SocketError(errno);
    if (size <= 0) continue;
    if (absl::Status wrong = parser_.Feed(std::string_view(bytes, static_cast<size_t>(size))); !wrong.ok())
      return wrong;
  }
}

absl::StatusOr<Reply> Conversation::Ask(std::initializer_list<std::string_view> command) {
  // A server that turns a client away says why and closes, perhaps before it was asked anything: its words are read
  // even when nothing could be sent any more.
  const absl::Status sent = Send(EncodeCommand(command));
  absl::StatusOr<Reply> reply = Receive();
  if (!reply.ok() && !sent.ok()) return sent;
  return reply;
}

}  // namespace tomada::redis_store
