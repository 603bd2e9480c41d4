#include "bind_check.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <string>

#include <fmt/format.h>

namespace tomada::grpc_server {
namespace {

// 0 or errno. SO_REUSEADDR as gRPC sets it: connections of a server that has ended are no obstacle.
int TryBind(const addrinfo& address) {
  const int fd = ::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const bool bound = ::bind(fd, address.ai_addr, address.ai_addrlen) == 0 && ::listen(fd, 1) == 0;
  const int error = bound ? 0 : errno;
  ::close(fd);
  return error;
}

}  // namespace

absl::Status CheckBindable(const HostPort& address) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int failed = ::getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
  if (failed != 0) {
    return absl::FailedPreconditionError(
        fmt::format("cannot listen on {}: {}", address.ToString(), ::gai_strerror(failed)));
  }
  std::unique_ptr<addrinfo, void (*)(addrinfo*)> owned(found, ::freeaddrinfo);
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    const int error = TryBind(*each);
    if (error == EADDRINUSE) {
      return absl::FailedPreconditionError(fmt::format(
          "{} is in use: stop the process that listens there, or set another `listen`", address.ToString()));
    }
    if (error != 0) {
      return absl::FailedPreconditionError(
          fmt::format("cannot listen on {}: {}", address.ToString(), std::strerror(error)));
    }
  }
  return absl::OkStatus();
}

}  // namespace tomada::grpc_server
