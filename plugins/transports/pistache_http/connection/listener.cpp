#include "connection/listener.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include <fmt/format.h>

namespace tomada::pistache_http {
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

using AddressList = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

absl::StatusOr<AddressList> Resolve(const HostPort& address) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  int error = getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
  if (error != 0) {
    return absl::InvalidArgumentError(fmt::format("cannot listen on {}: {}", address.ToString(), gai_strerror(error)));
  }
  return AddressList(found, &freeaddrinfo);
}

bool SetOption(int fd, int level, int option, int value) {
  return setsockopt(fd, level, option, &value, sizeof value) == 0;
}

bool SetFlag(int fd, int option) { return SetOption(fd, SOL_SOCKET, option, 1); }

absl::StatusOr<UniqueFd> Bind(const HostPort& address, const sockaddr* name, socklen_t size, bool first) {
  UniqueFd fd(socket(name->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return Failure(address, "socket", errno);
  if (!SetFlag(fd.get(), SO_REUSEADDR)) return Failure(address, "SO_REUSEADDR", errno);
  if (!first && !SetFlag(fd.get(), SO_REUSEPORT)) return Failure(address, "SO_REUSEPORT", errno);
  if (bind(fd.get(), name, size) != 0) return Failure(address, "bind", errno);
  if (first && !SetFlag(fd.get(), SO_REUSEPORT)) return Failure(address, "SO_REUSEPORT", errno);
  // Connections inherit both.
  SetOption(fd.get(), IPPROTO_TCP, TCP_NODELAY, 1);
  SetOption(fd.get(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, kUnsentInKernel);
  if (listen(fd.get(), kBacklog) != 0) return Failure(address, "listen", errno);
  return fd;
}

// Of a socket that nobody listens at; errno stays EADDRINUSE where it is kept.
bool RemoveLeftOver(const sockaddr_un& name) {
  struct stat file {};
  UniqueFd probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  bool left_over = lstat(name.sun_path, &file) == 0 && S_ISSOCK(file.st_mode) && probe &&
                   connect(probe.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0 &&
                   errno == ECONNREFUSED && unlink(name.sun_path) == 0;
  if (!left_over) errno = EADDRINUSE;
  return left_over;
}

}  // namespace

absl::StatusOr<std::vector<UniqueFd>> Listen(const HostPort& address, int count) {
  auto resolved = Resolve(address);
  if (!resolved.ok()) return resolved.status();
  std::vector<UniqueFd> sockets;
  auto first = Bind(address, (*resolved)->ai_addr, (*resolved)->ai_addrlen, true);
  if (!first.ok()) return first.status();
  sockets.push_back(std::move(*first));

  sockaddr_storage bound{};  // with the port that the kernel chose
  socklen_t size = sizeof bound;
  auto* name = reinterpret_cast<sockaddr*>(&bound);
  if (getsockname(sockets.front().get(), name, &size) != 0) return Failure(address, "getsockname", errno);
  while (static_cast<int>(sockets.size()) < count) {
    auto next = Bind(address, name, size, false);
    if (!next.ok()) return next.status();
    sockets.push_back(std::move(*next));
  }
  return sockets;
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
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  if (path.size() >= sizeof name.sun_path) {
    return absl::InvalidArgumentError(
        fmt::format("cannot listen on {}: the path is longer than {} bytes", path, sizeof name.sun_path - 1));
  }
  path.copy(name.sun_path, path.size());
  UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return Failure(path, "socket", errno);
  auto bind_it = [&] { return bind(fd.get(), reinterpret_cast<sockaddr*>(&name), sizeof name) == 0; };
  if (!bind_it() && (errno != EADDRINUSE || !RemoveLeftOver(name) || !bind_it())) return Failure(path, "bind", errno);
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

}  // namespace tomada::pistache_http
