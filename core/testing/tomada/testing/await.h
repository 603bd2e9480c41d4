// Tasks for code that is no coroutine: tests, mostly.
//
//   TestCall call;
//   absl::StatusOr<RecordPtr> record = Await(table.Get(call, "u1"));
#ifndef TOMADA_TESTING_AWAIT_H_
#define TOMADA_TESTING_AWAIT_H_

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <coroutine>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>
#include <variant>

#include "tomada/executor.h"
#include "tomada/task.h"
#include "tomada/timer.h"

namespace tomada::testing {

// The task is gone when this finishes: nothing of it is left for another thread to destroy after whoever waited for it
// has gone on.
template <class T>
Task<T> RunAndDestroy(Task<T> task) {
  Task<T> running = std::move(task);
  co_return co_await running;
}

// An executor of one thread, whoever is in Run: what a transport's worker is to a handler.
//
//   TestExecutor executor;
//   TestCall call(executor);
//   absl::Status status = executor.Run(handler(call, request, response));
class TestExecutor final : public Executor {
 public:
  // After `patience` without anything to do Run gives up; by default half a minute after a TestCall's deadline.
  explicit TestExecutor(std::chrono::milliseconds patience = std::chrono::seconds(90)) : patience_(patience) {}

  void Post(std::coroutine_handle<> coroutine) override {
    std::lock_guard lock(mutex_);
    posted_.push_back(coroutine);
    changed_.notify_one();
  }
  bool InThread() const override { return thread_ == std::this_thread::get_id(); }
  TimerQueue& timers() override { return timers_; }

  // Runs `task` on this thread as far as it goes, and what is posted, until the task has finished, here or on another
  // thread. One Run at a time. An exception that leaves the task ends the process, as with Spawn. So does a task that
  // hangs, with a message: nobody may destroy it.
  template <class T>
  T Run(Task<T> task) {
    using Result = std::conditional_t<std::is_void_v<T>, std::monostate, T>;
    std::optional<Result> result;
    auto done = [&](auto&&... value) {
      std::lock_guard lock(mutex_);
      result.emplace(std::forward<decltype(value)>(value)...);
      changed_.notify_one();  // under the lock: the waiter may take everything here away
    };
    thread_ = std::this_thread::get_id();
    Spawn(RunAndDestroy(std::move(task)), done);
    std::unique_lock lock(mutex_);
    for (Deadline give_up = Clock::now() + patience_; !result;) {
      const bool ready =
          changed_.wait_until(lock, std::min(give_up, timers_.next()), [&] { return result || !posted_.empty(); });
      if (!ready && Clock::now() >= give_up) Hang();
      std::deque<std::coroutine_handle<>> round = std::exchange(posted_, {});
      lock.unlock();
      for (std::coroutine_handle<> coroutine : round) coroutine.resume();
      timers_.Fire(Clock::now());
      SetRunning(nullptr);
      lock.lock();
      if (!round.empty()) give_up = Clock::now() + patience_;
    }
    if constexpr (!std::is_void_v<T>) return *std::move(result);
  }

 private:
  [[noreturn]] void Hang() const {
    std::fprintf(stderr, "tomada::testing: the task hangs: for %lld ms nothing has resumed it\n",
                 static_cast<long long>(patience_.count()));
    std::abort();
  }

  using Clock = std::chrono::steady_clock;

  const std::chrono::milliseconds patience_;
  std::atomic<std::thread::id> thread_;  // in Run
  TimerQueue timers_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::coroutine_handle<>> posted_;  // guarded by mutex_
};

// Runs a task whose call resumes on whichever thread finishes what it awaits, and waits for its end. As
// TestExecutor::Run.
template <class T>
T Await(Task<T> task) {
  TestExecutor nothing_is_posted;
  return nothing_is_posted.Run(std::move(task));
}

}  // namespace tomada::testing

#endif  // TOMADA_TESTING_AWAIT_H_
