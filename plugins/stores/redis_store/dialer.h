#pragma once

#include <sys/socket.h>

#include <future>
#include <map>
#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "server_address.h"
#include "socket.h"
#include "tomada/unique_fd.h"

namespace tomada::redis_store {

// Makes connections. Of one thread, which waits for nothing longer than it says: a name is looked up on a thread of its
// own. One look-up of a name is under way at a time, and when a call gives it up, its answer is there for the next.
class Dialer {
 public:
  // Connects to `address`, trying each address that its name has, each with `patience`; so is the look-up. The socket
  // does not block, is closed on exec, sends at once (TCP_NODELAY) and gives up unacknowledged data after 2 s
  // (TCP_USER_TIMEOUT). UNAVAILABLE with the reason of the last address, or of the look-up.
  absl::StatusOr<UniqueFd> Dial(const ServerAddress& address, const Patience& patience);

 private:
  struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t size = 0;
  };
  using Addresses = std::vector<SocketAddress>;

  static absl::StatusOr<Addresses> LookUp(const std::string& host, uint16_t port);
  static absl::StatusOr<UniqueFd> Connect(const SocketAddress& address, const Patience& patience);
  absl::StatusOr<Addresses> Resolve(const ServerAddress& address, const Patience& patience);

  std::map<std::string, std::future<absl::StatusOr<Addresses>>> look_ups_;  // under way, by host and port
};

}  // namespace tomada::redis_store
