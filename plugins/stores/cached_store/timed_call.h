// Calls of the store's own, and the thread of those that have none.
#pragma once

#include <optional>
#include <stop_token>

#include "tomada/call.h"
#include "tomada/thread_executor.h"
#include "tomada/timer.h"

namespace tomada::cached_store {

// Where it goes on with what is done for a call: on the call's executor, and for one that has no thread, or for no call
// at all, on a thread of the store's, which ends with the store: after Stop there may still be calls.
class Home {
 public:
  void Start() { thread_.emplace(ThreadExecutor::Wakes::kBatched); }
  // `call` may be null. From Start on.
  Executor& Of(const Call* call) {
    return call != nullptr && &call->executor() != &InlineExecutor() ? call->executor() : *thread_;
  }

 private:
  std::optional<ThreadExecutor> thread_;
};

// Is cancelled when its deadline passes, whoever serves it, and with its parent. Made and destroyed on the thread of
// its executor.
class TimedCall final : public Call, private Timer {
 public:
  // `parent` may be null, and else outlives it. `late` says what has not happened in time.
  TimedCall(Executor& executor, Deadline end, Call* parent, const char* late)
      : Call(executor, end),
        Timer(executor.timers()),
        late_(late),
        on_cancel_(parent ? parent->stop_token() : std::stop_token(), CancelWithParent{*this, parent}) {
    SetDeadline(end);
  }

 private:
  struct CancelWithParent {
    void operator()() const noexcept { child.Cancel(parent->status()); }
    TimedCall& child;
    Call* parent;
  };

  void Expired() override { Cancel(absl::DeadlineExceededError(late_)); }

  const char* const late_;
  const std::stop_callback<CancelWithParent> on_cancel_;  // the last: it may run before it is made
};

}  // namespace tomada::cached_store
