// Connections to servers.
#pragma once

#include <chrono>
#include <future>
#include <map>
#include <string>

#include <absl/status/statusor.h>

#include "net/socket/address.h"
#include "net/socket/patience.h"
#include "tomada/config.h"
#include "tomada/unique_fd.h"

namespace tomada::net {

// Of one thread, which waits for nothing longer than it says: a name is looked up on a thread of its own. One look-up
// of a name is under way at a time, and when a call gives it up, its answer is there for the next.
class Dialer {
 public:
  // With `silence`, connections end when their other end has acknowledged nothing for so long, whether there is
  // something to acknowledge or not (TCP_USER_TIMEOUT, keepalive). Zero: when the kernel thinks so, after minutes.
  explicit Dialer(std::chrono::seconds silence = std::chrono::seconds(0)) : silence_(silence) {}

  // Connects to `server`, trying each address that its name has, each with `patience`; so is the look-up. UNAVAILABLE
  // with the reason of the last address, or of the look-up.
  absl::StatusOr<UniqueFd> Dial(const HostPort& server, const Patience& patience);

  // The two parts of it. The socket does not block, is closed on exec and sends at once (TCP_NODELAY).
  absl::StatusOr<SocketAddresses> Resolve(const HostPort& server, const Patience& patience);
  absl::StatusOr<UniqueFd> Connect(const SocketAddress& address, const Patience& patience) const;

 private:
  using LookUpResult = std::future<absl::StatusOr<SocketAddresses>>;

  void SetOptions(int fd) const;

  const std::chrono::seconds silence_;
  std::map<std::string, LookUpResult> look_ups_;  // under way, by host and port
};

}  // namespace tomada::net
