// Lets coroutines wait until something has changed.
#pragma once

#include <coroutine>
#include <cstdint>
#include <list>
#include <mutex>

#include "tomada/call.h"
#include "tomada/task.h"

namespace tomada::grpc_server {

// A counter of changes and those who wait for the next one. Thread-safe.
class ChangeSignal {
 public:
  uint64_t count() const;

  // Counts a change and resumes everyone who waits, each on its call's executor.
  void Notify();

  // Finishes when the count is no longer `seen`: OK; or the call is cancelled: its reason.
  Task<absl::Status> Wait(Call& call, uint64_t seen);

 private:
  class Waiter;
  bool Withdraw(Waiter& waiter);

  mutable std::mutex mutex_;
  uint64_t count_ = 0;
  std::list<Waiter*> waiters_;
};

}  // namespace tomada::grpc_server
