#pragma once

#include <future>
#include <memory>

#include <absl/status/statusor.h>

#include "net/loop/event_fd.h"
#include "net/socket/address.h"
#include "tomada/config.h"

namespace tomada::net {

// LookUp on a thread of its own, which may outlive this. Of one thread.
class PendingLookUp {
 public:
  // Begins. `done` is signaled when it is ready; it need not be its alone.
  PendingLookUp(const HostPort& server, std::shared_ptr<const EventFd> done);

  bool ready() const;
  // Once, and when it is ready. See LookUp.
  absl::StatusOr<SocketAddresses> Take() { return answer_.get(); }

 private:
  std::future<absl::StatusOr<SocketAddresses>> answer_;
};

}  // namespace tomada::net
