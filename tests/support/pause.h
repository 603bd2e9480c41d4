#pragma once

#include <chrono>
#include <coroutine>

#include "tomada/executor.h"
#include "tomada/timer.h"

namespace tomada::testing {

// co_await it on the executor's thread: goes on after `duration`; others get their turn even when it is zero.
class Pause : private Timer {
 public:
  Pause(Executor& executor, std::chrono::nanoseconds duration)
      : Timer(executor.timers()), executor_(executor), duration_(duration) {}
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> coroutine) {
    coroutine_ = coroutine;
    SetDeadline(std::chrono::steady_clock::now() + duration_);
  }
  void await_resume() const {}

 private:
  void Expired() override { executor_.Post(coroutine_); }

  Executor& executor_;
  const std::chrono::nanoseconds duration_;
  std::coroutine_handle<> coroutine_;
};

}  // namespace tomada::testing
