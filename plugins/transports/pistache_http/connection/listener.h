// Listening sockets.
#pragma once

#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "tomada/config.h"
#include "tomada/unique_fd.h"

namespace tomada::pistache_http {

// `count` non-blocking sockets that listen on the same address; the kernel spreads connections over them
// (SO_REUSEPORT). Port 0 picks a free one. The first socket binds without the flag, so that a port which another server
// has, even one that would share it, is an error: UNAVAILABLE, naming the address and what to do.
absl::StatusOr<std::vector<UniqueFd>> Listen(const HostPort& address, int count);

// `count` descriptors of one non-blocking socket that listens at `path`. The file that a server which is gone has left
// is taken over; UNAVAILABLE, naming the path, for one that another server listens at or that is no socket. Whoever
// listens removes the file in the end.
absl::StatusOr<std::vector<UniqueFd>> ListenUnix(const std::string& path, int count);

// "127.0.0.1:8000", "[::1]:8000".
std::string LocalAddress(int fd);

// From now on the kernel drops SYN segments to this socket, while handshakes under way still complete. What was
// accepted by the kernel before can then be accepted here and nothing is reset when the socket closes. Without effect
// where the kernel does not allow socket filters. Any thread.
void RefuseNewConnections(int fd);

}  // namespace tomada::pistache_http
