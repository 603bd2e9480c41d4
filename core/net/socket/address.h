// What sockets are bound and connected to.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "tomada/config.h"

namespace tomada::net {

struct SocketAddress {
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }

  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
};
using SocketAddresses = std::vector<SocketAddress>;

// The addresses that a name or a number has, as the resolver orders them. `flags` are those of getaddrinfo(3). Takes as
// long as the resolver does. UNAVAILABLE says why there is none.
absl::StatusOr<SocketAddresses> LookUp(const HostPort& server, int flags = 0);

// A path that is longer is no Unix socket's.
inline constexpr size_t kMaxUnixPath = sizeof(sockaddr_un::sun_path) - 1;
// `path` is at most kMaxUnixPath long.
SocketAddress UnixAddress(const std::string& path);

}  // namespace tomada::net
