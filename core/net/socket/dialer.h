// Connections to servers.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>

#include <absl/status/statusor.h>

#include "net/loop/event_fd.h"
#include "net/socket/address.h"
#include "net/socket/look_up.h"
#include "net/socket/patience.h"
#include "tomada/config.h"
#include "tomada/unique_fd.h"

namespace tomada::net {

// The beginning of a connect, for threads that do not wait: when the socket is writable, ConnectResult says how it
// went. The socket does not block, is closed on exec and sends at once (TCP_NODELAY). UNAVAILABLE when it has failed
// already.
absl::StatusOr<UniqueFd> BeginConnect(const SocketAddress& address);
absl::Status ConnectResult(int fd);

// For threads that do: of one thread, which waits for nothing longer than it says: a name is looked up on a thread of
// its own. One look-up of a name is under way at a time, and when a call gives it up, its answer is there for the next.
class Dialer {
 public:
  // With `silence`, connections end when their other end has acknowledged nothing for so long, whether there is
  // something to acknowledge or not (TCP_USER_TIMEOUT, keepalive). Zero: when the kernel thinks so, after minutes.
  explicit Dialer(std::chrono::seconds silence = std::chrono::seconds(0)) : silence_(silence) {}

  // Connects to `server`, trying each address that its name has, each with `patience`; so is the look-up. UNAVAILABLE
  // with the reason of the last address, or of the look-up.
  absl::StatusOr<UniqueFd> Dial(const HostPort& server, const Patience& patience);

  // The two parts of it.
  absl::StatusOr<SocketAddresses> Resolve(const HostPort& server, const Patience& patience);
  absl::StatusOr<UniqueFd> Connect(const SocketAddress& address, const Patience& patience) const;

 private:
  const std::chrono::seconds silence_;
  const std::shared_ptr<const EventFd> looked_up_ = std::make_shared<EventFd>();
  std::map<std::string, PendingLookUp> look_ups_;  // by host and port
};

}  // namespace tomada::net
