// The streams that are open, so that the end of the server can be told to each.
#pragma once

#include <mutex>
#include <unordered_set>

#include <absl/status/status.h>

#include "tomada/call.h"

namespace tomada::grpc_server {

// Thread-safe.
class OpenStreams {
 public:
  // `call` lives until it is removed.
  void Add(Call& call) {
    std::lock_guard lock(mutex_);
    calls_.insert(&call);
  }
  void Remove(Call& call) {
    std::lock_guard lock(mutex_);
    calls_.erase(&call);
  }

  // Handlers may go on inside this, and end their calls; gRPC destroys a call on a thread of its own.
  void Cancel(const absl::Status& reason) {
    std::lock_guard lock(mutex_);
    for (Call* call : calls_) call->Cancel(reason);
  }

 private:
  std::mutex mutex_;
  std::unordered_set<Call*> calls_;
};

}  // namespace tomada::grpc_server
