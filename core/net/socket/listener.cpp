#include "net/socket/listener.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "net/socket/address.h"
#include "net/socket/socket_options.h"

namespace tomada::net {
namespace {

constexpr int kBacklog = 1024;
// What the kernel takes of a client's answers beyond those that are on their way; else it is megabytes.
constexpr int kUnsentInKernel = 64 << 10;

absl::Status Failure(std::string_view address, std::string_view step, int error, std::string_view hint = "") {
  return absl::UnavailableError(
      fmt::format("cannot listen on {}: {}: {}{}", address, step, std::strerror(error), hint));
}

absl::Status Failure(const HostPort& address, std::string_view step, int error) {
  std::string_view hint = error == EADDRINUSE ? "; stop what uses the port or change `listen`"
                          : error == EACCES   ? "; ports below 1024 need the right to bind them"
                                              : "";
  return Failure(address.ToString(), step, error, hint);
}

absl::StatusOr<SocketAddresses> Resolve(const HostPort& address) {
  absl::StatusOr<SocketAddresses> found = LookUp(address, AI_PASSIVE);
  if (found.ok()) return found;
  return absl::InvalidArgumentError(
      fmt::format("cannot listen on {}: {}", address.ToString(), std::string(found.status().message())));
}

bool SetFlag(int fd, int option) { return SetOption(fd, SOL_SOCKET, option, 1); }

absl::StatusOr<UniqueFd> Bind(const HostPort& address, const SocketAddress& name, bool first) {
  UniqueFd fd(socket(name.get()->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return Failure(address, "socket", errno);
  if (!SetFlag(fd.get(), SO_REUSEADDR)) return Failure(address, "SO_REUSEADDR", errno);
  if (!first && !SetFlag(fd.get(), SO_REUSEPORT)) return Failure(address, "SO_REUSEPORT", errno);
  if (bind(fd.get(), name.get(), name.size) != 0) return Failure(address, "bind", errno);
  if (first && !SetFlag(fd.get(), SO_REUSEPORT)) return Failure(address, "SO_REUSEPORT", errno);
  // Connections inherit both.
  SendAtOnce(fd.get());
  SetOption(fd.get(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, kUnsentInKernel);
  if (listen(fd.get(), kBacklog) != 0) return Failure(address, "listen", errno);
  return fd;
}

// Of a socket that nobody listens at; errno stays EADDRINUSE where it is kept.
bool RemoveLeftOver(const std::string& path, const SocketAddress& name) {
  struct stat file {};
  UniqueFd probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  bool left_over = lstat(path.c_str(), &file) == 0 && S_ISSOCK(file.st_mode) && probe &&
                   connect(probe.get(), name.get(), name.size) != 0 && errno == ECONNREFUSED &&
                   unlink(path.c_str()) == 0;
  if (!left_over) errno = EADDRINUSE;
  return left_over;
}

}  // namespace

absl::StatusOr<std::vector<UniqueFd>> Listen(const HostPort& address, int count) {
  auto resolved = Resolve(address);
  if (!resolved.ok()) return resolved.status();
  std::vector<UniqueFd> sockets;
  auto first = Bind(address, resolved->front(), true);
  if (!first.ok()) return first.status();
  sockets.push_back(std::move(*first));

  SocketAddress bound;  // with the port that the kernel chose
  auto* name = reinterpret_cast<sockaddr*>(&bound.storage);
  if (getsockname(sockets.front().get(), name, &bound.size) != 0) return Failure(address, "getsockname", errno);
  while (static_cast<int>(sockets.size()) < count) {
    auto next = Bind(address, bound, false);
    if (!next.ok()) return next.status();
    sockets.push_back(std::move(*next));
  }
  return sockets;
}

absl::Status CheckBindable(const HostPort& address) {
  auto resolved = Resolve(address);
  if (!resolved.ok()) return resolved.status();
  for (const SocketAddress& each : *resolved) {
    if (auto bound = Bind(address, each, true); !bound.ok()) return bound.status();
  }
  return absl::OkStatus();
}

SocketFile::SocketFile(std::string path) : path_(std::move(path)) {
  struct stat file {};
  if (lstat(path_.c_str(), &file) != 0) path_.clear();
  device_ = file.st_dev;
  inode_ = file.st_ino;
}

SocketFile::~SocketFile() {
  struct stat file {};
  if (path_.empty() || lstat(path_.c_str(), &file) != 0) return;
  if (file.st_dev == device_ && file.st_ino == inode_) unlink(path_.c_str());
}

absl::StatusOr<UnixListener> ListenUnix(const std::string& path, int count) {
  if (path.size() > kMaxUnixPath) {
    return absl::InvalidArgumentError(
        fmt::format("cannot listen on {}: the path is longer than {} bytes", path, kMaxUnixPath));
  }
  const SocketAddress name = UnixAddress(path);
  UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return Failure(path, "socket", errno);
  auto bind_it = [&] { return bind(fd.get(), name.get(), name.size) == 0; };
  if (!bind_it() && (errno != EADDRINUSE || !RemoveLeftOver(path, name) || !bind_it())) {
    return Failure(path, "bind", errno);
  }
  UnixListener listener{{}, SocketFile(path)};
  if (listen(fd.get(), kBacklog) != 0) return Failure(path, "listen", errno);
  listener.sockets.push_back(std::move(fd));
  while (static_cast<int>(listener.sockets.size()) < count) {
    UniqueFd copy(fcntl(listener.sockets.front().get(), F_DUPFD_CLOEXEC, 0));
    if (!copy) return Failure(path, "dup", errno);
    listener.sockets.push_back(std::move(copy));
  }
  return listener;
}

std::string LocalAddress(int fd) {
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  auto* name = reinterpret_cast<sockaddr*>(&bound);
  char host[NI_MAXHOST] = "";
  char port[NI_MAXSERV] = "";
  if (getsockname(fd, name, &size) != 0 ||
      getnameinfo(name, size, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return "";
  }
  return bound.ss_family == AF_INET6 ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

void RefuseNewConnections(int fd) {
  // A filter on a TCP socket sees segments from their TCP header on; byte 13 of it holds the flags.
  constexpr unsigned kFlags = 13;
  constexpr unsigned kSyn = 0x02;
  sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, kFlags),
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, kSyn, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, 0),
      BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
  };
  sock_fprog program{std::size(code), code};
  setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

}  // namespace tomada::net
