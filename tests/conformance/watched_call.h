// Calls under observation: a store that never ends one, ends it late, on a thread that is not the executor's, or twice,
// fails the test that made the call, and the tests after it go on.
#pragma once

#include <chrono>
#include <condition_variable>
#include <coroutine>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "support/sync.h"
#include "tomada/call.h"
#include "tomada/executor.h"
#include "tomada/timer.h"

namespace tomada::testing {

// The executor of one call, which keeps time while it runs. What is posted to it is resumed by the thread that waits
// for the call. Whatever comes after the call's end, or twice at a time, is counted and not resumed: there is no
// coroutine any more that could be.
class WatchedExecutor final : public Executor {
 public:
  void Post(std::coroutine_handle<> coroutine) override;
  bool InThread() const override { return std::this_thread::get_id() == owner_; }
  TimerQueue& timers() override { return timers_; }
  // For this thread: what is done before each coroutine is resumed, told its number, from 1.
  void BeforeEach(std::function<void(int number)> before) { before_ = std::move(before); }
  // How many coroutines have been resumed.
  int resumed() const { return resumed_; }

  // Resumes on this thread, the one that made the executor, until the call has ended; false when it has not by then.
  bool RunUntil(Deadline until);
  // For the call's end, on whichever thread.
  void End();

  // When the store ended the call: its last post, or its end without one.
  Deadline ended_at() const;
  bool ended() const;
  bool ended_elsewhere() const;  // on a thread that nobody lent to the call
  int extra_posts() const;

 private:
  const std::thread::id owner_ = std::this_thread::get_id();
  TimerQueue timers_;
  std::function<void(int)> before_ = [](int) {};
  int resumed_ = 0;
  mutable std::mutex mutex_;  // guards the rest
  std::condition_variable changed_;
  std::deque<std::coroutine_handle<>> posted_;
  std::optional<Deadline> posted_at_;
  std::optional<Deadline> ended_at_;
  bool ended_elsewhere_ = false;
  int extra_posts_ = 0;
};

// The calls of one test. Thread-safe. Outlives the store, since an executor outlives its call however late that ends.
class CallWatch {
 public:
  CallWatch() = default;
  // Keeps the executors of calls that never ended.
  ~CallWatch();
  CallWatch(const CallWatch&) = delete;
  CallWatch& operator=(const CallWatch&) = delete;

  std::shared_ptr<WatchedExecutor> NewExecutor();
  // Fails the test when a call broke the rules. Once more at the end, when nothing can come any more.
  void Check();

  // How old a read may be, as the store claims. A read that must see what was written waits until it has to.
  void set_staleness(std::chrono::nanoseconds staleness) { staleness_ = staleness; }
  void NoteWrite();
  void WaitUntilWritesAreSeen();

 private:
  std::mutex mutex_;  // guards what follows
  std::vector<std::shared_ptr<WatchedExecutor>> executors_;
  std::chrono::nanoseconds staleness_{0};
  Deadline last_write_;
  bool reported_ = false;
};

// One call, begun and perhaps not ended yet. `begin` takes a Call& and gives the task. Used by one thread.
template <class T>
class RunningCall {
 public:
  template <class Begin>
  RunningCall(CallWatch& watch, std::chrono::nanoseconds timeout, Begin begin)
      : state_(std::make_shared<State>(watch.NewExecutor(), timeout)) {
    auto done = [state = state_](T result) {
      state->result.emplace(std::move(result));
      state->executor->End();
    };
    Spawn(RunAndDestroy(begin(state_->call)), std::move(done));
  }

  // True when the call has ended, at the latest after `patience`.
  bool Wait(std::chrono::nanoseconds patience) {
    return state_->executor->RunUntil(std::chrono::steady_clock::now() + patience);
  }
  bool ended() const { return state_->executor->ended(); }
  Deadline ended_at() const { return state_->executor->ended_at(); }
  // Once, after the end.
  T Take() { return *std::move(state_->result); }
  Call& call() { return state_->call; }

 private:
  // Kept by the task too: of a call that never ends, nothing may be freed.
  struct State {
    State(std::shared_ptr<WatchedExecutor> executor, std::chrono::nanoseconds timeout)
        : executor(std::move(executor)), call(timeout, *this->executor) {}
    const std::shared_ptr<WatchedExecutor> executor;
    TestCall call;
    std::optional<T> result;
  };
  std::shared_ptr<State> state_;
};

}  // namespace tomada::testing
