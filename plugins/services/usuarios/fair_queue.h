// Who comes next at a scarce resource, fairly between accounts.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include <absl/status/status.h>
#include <absl/time/time.h>

#include "tomada/call.h"
#include "tomada/task.h"

namespace tomada::usuarios {

// Lets one call through at a time. Those that wait are served round robin by account, and in order of arrival within an
// account, so that many calls for one account do not delay those for others. Thread-safe.
class FairQueue {
 public:
  // At most `max_waiting` calls wait, at least 1.
  explicit FairQueue(size_t max_waiting) : max_waiting_(max_waiting) {}

  // Resumes on call.executor(), inline when nobody is before it.
  //   OK                  let through; the caller calls Next exactly once, from any thread
  //   RESOURCE_EXHAUSTED  the queue is full, with a google.rpc.RetryInfo. The newest call of the account with most
  //   calls
  //                       makes room for a call of an account with fewer
  //   call.status()       the call was cancelled while it waited
  Task<absl::Status> Enter(Call& call, std::string account);
  // Lets the next one through.
  void Next();

  // A refusal's: how long calls wait at present, at least a second.
  absl::Duration retry_delay() const;

 private:
  struct Waiting;
  class Awaiter;
  struct Account {
    std::string name;
    std::deque<std::shared_ptr<Waiting>> calls;
  };

  // Nothing when it has been queued, else what Enter answers.
  std::optional<absl::Status> Queue(const std::shared_ptr<Waiting>& waiting);
  void Cancel(const std::shared_ptr<Waiting>& waiting);
  // With the mutex held. end() when no call of the account waits.
  std::list<Account>::iterator Find(std::string_view account);
  // The same. The call that gives up its place to one of an account with `own` calls; null when none has to.
  std::shared_ptr<Waiting> Evict(size_t own);

  const size_t max_waiting_;
  mutable std::mutex mutex_;     // guards the rest
  bool taken_ = false;           // somebody was let through and has not called Next
  std::list<Account> accounts_;  // those with calls that wait, in the order in which they are served
  size_t waiting_ = 0;           // calls, of all accounts
  std::chrono::steady_clock::duration last_wait_{};
};

}  // namespace tomada::usuarios
