// Listening sockets.
#pragma once

#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

#include <absl/status/statusor.h>

#include "tomada/config.h"
#include "tomada/unique_fd.h"

namespace tomada::net {

// `count` non-blocking sockets that listen on the same address; the kernel spreads connections over them
// (SO_REUSEPORT). Port 0 picks a free one. The first socket binds without the flag, so that a port which another server
// has, even one that would share it, is an error: UNAVAILABLE, naming the address and what to do.
absl::StatusOr<std::vector<UniqueFd>> Listen(const HostPort& address, int count);

// Whether all addresses that a name has could be listened on: they are, for a moment. UNAVAILABLE as above. For servers
// that say no more than that they could not.
absl::Status CheckBindable(const HostPort& address);

// The file of a Unix socket, removed with this, unless another file has come to its path. It goes before the socket is
// closed: whoever finds a socket that nobody listens at may take the path over.
class SocketFile {
 public:
  // The file that is there now.
  explicit SocketFile(std::string path);
  SocketFile(SocketFile&& other) noexcept
      : path_(std::exchange(other.path_, {})), device_(other.device_), inode_(other.inode_) {}
  ~SocketFile();

 private:
  std::string path_;  // empty: none
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

struct UnixListener {
  std::vector<UniqueFd> sockets;
  SocketFile file;
};

// `count` descriptors of one non-blocking socket that listens at `path`. The file that a server which is gone has left
// is taken over; UNAVAILABLE, naming the path, for one that another server listens at or that is no socket.
absl::StatusOr<UnixListener> ListenUnix(const std::string& path, int count);

// "127.0.0.1:8000", "[::1]:8000".
std::string LocalAddress(int fd);

// From now on the kernel drops SYN segments to this socket, while handshakes under way still complete. What was
// accepted by the kernel before can then be accepted here and nothing is reset when the socket closes. Without effect
// where the kernel does not allow socket filters. Any thread.
void RefuseNewConnections(int fd);

}  // namespace tomada::net
