// Tasks and calls for code that is no coroutine: tests, mostly.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "tomada/call.h"
#include "tomada/executor.h"
#include "tomada/task.h"

namespace tomada::testing {

// A call without a client, a minute long, resumed on whichever thread finishes what it awaits.
class TestCall : public Call {
 public:
  explicit TestCall(std::chrono::nanoseconds timeout = std::chrono::minutes(1), Executor& executor = InlineExecutor())
      : Call(executor, std::chrono::steady_clock::now() + timeout) {}
};

namespace sync_internal {

// The task is gone when this finishes: nothing of it is left for another thread to destroy after Await has returned.
template <class T>
Task<T> RunAndDestroy(Task<T> task) {
  Task<T> running = std::move(task);
  co_return co_await running;
}

}  // namespace sync_internal

// Runs `task` on this thread as far as it goes and waits until it has finished, on whatever thread. An exception that
// leaves the task ends the process, as with Spawn.
template <class T>
T Await(Task<T> task) {
  using Result = std::conditional_t<std::is_void_v<T>, std::monostate, T>;
  std::mutex mutex;
  std::condition_variable finished;
  std::optional<Result> result;
  auto done = [&](auto&&... value) {
    std::lock_guard lock(mutex);
    result.emplace(std::forward<decltype(value)>(value)...);
    finished.notify_one();  // under the lock: the waiter takes everything here away
  };
  Spawn(sync_internal::RunAndDestroy(std::move(task)), done);
  std::unique_lock lock(mutex);
  finished.wait(lock, [&] { return result.has_value(); });
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

}  // namespace tomada::testing
