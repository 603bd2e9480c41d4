// Task<T>: a coroutine that starts when it is awaited and hands its result to whoever awaits it.
//
//   Task<absl::Status> Criar(Call& call, ...) {
//     absl::StatusOr<Written> written = co_await table.Insert(call, operation, record);
//     ...
//   }
//
// Rules, each of them tested:
//  * An await does not suspend when the child finishes inline: a store that answers from memory costs no trip through
//    an executor, and a loop of a million such awaits uses no stack, also where the compiler makes no tail calls
//    (-O0 and the sanitizers), because the child returns to the parent instead of jumping into it.
//  * A task that has been started is never destroyed before it has finished. To end one early, cancel its Call: the
//    operation it awaits finishes early, exactly once, and the task runs to its end.
//  * A task resumes on the thread that finished what it awaited. What completes elsewhere posts to the call's Executor.
//  * gcc 12 destroys temporaries of aggregate type inside an awaited expression twice. Types passed to awaited calls
//    have constructors, and the operand of co_await is a plain call: no braces, no ?:, no capturing temporary lambda.
//
// An exception that leaves the coroutine is thrown again from the await.
#pragma once

#include <atomic>
#include <cassert>
#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

namespace tomada {

template <class T = void>
class Task;

namespace task_internal {

// Who comes second, the child's end or the parent's suspension, resumes the parent.
class PromiseBase {
 public:
  std::suspend_always initial_suspend() noexcept { return {}; }

  struct FinalAwaiter {
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> self) const noexcept {
      PromiseBase& promise = self.promise();
      std::coroutine_handle<> parent = promise.parent_;
      // After the exchange the parent may already be destroying this frame: nothing of it is touched any more.
      if (promise.state_.exchange(kFinished, std::memory_order_acq_rel) == kAwaited) parent.resume();
    }
    void await_resume() const noexcept {}
  };
  FinalAwaiter final_suspend() noexcept { return {}; }

  void unhandled_exception() noexcept { exception_ = std::current_exception(); }

  // Starts `self`; false when it finished inline, and the parent goes on without suspending.
  bool StartFrom(std::coroutine_handle<> self, std::coroutine_handle<> parent) {
    parent_ = parent;
    started_ = true;
    self.resume();
    return state_.exchange(kAwaited, std::memory_order_acq_rel) != kFinished;
  }

  bool started() const noexcept { return started_; }
  void RethrowIfFailed() const {
    if (exception_) std::rethrow_exception(exception_);
  }

 private:
  enum State : unsigned char { kRunning, kAwaited, kFinished };
  std::atomic<State> state_{kRunning};
  bool started_ = false;
  std::coroutine_handle<> parent_;
  std::exception_ptr exception_;
};

template <class T>
class Promise : public PromiseBase {
 public:
  Task<T> get_return_object() noexcept;
  template <class U>
  void return_value(U&& value) {
    value_.emplace(std::forward<U>(value));
  }
  T TakeResult() {
    RethrowIfFailed();
    return std::move(*value_);
  }

 private:
  std::optional<T> value_;
};

template <>
class Promise<void> : public PromiseBase {
 public:
  Task<void> get_return_object() noexcept;
  void return_void() noexcept {}
  void TakeResult() { RethrowIfFailed(); }
};

}  // namespace task_internal

// Owns the coroutine until it is awaited. Move-only. [[nodiscard]]: a task that nobody awaits does nothing.
template <class T>
class [[nodiscard]] Task {
 public:
  using promise_type = task_internal::Promise<T>;

  explicit Task(std::coroutine_handle<promise_type> handle) noexcept : handle_(handle) {}
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Task& operator=(Task&&) = delete;
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  ~Task() {
    if (!handle_) return;
    assert((!handle_.promise().started() || handle_.done()) && "a started Task is destroyed before it finished");
    handle_.destroy();
  }

  // Awaiting: once, by one coroutine.
  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> parent) { return handle_.promise().StartFrom(handle_, parent); }
  T await_resume() { return handle_.promise().TakeResult(); }

 private:
  std::coroutine_handle<promise_type> handle_;
};

namespace task_internal {

template <class T>
Task<T> Promise<T>::get_return_object() noexcept {
  return Task<T>(std::coroutine_handle<Promise<T>>::from_promise(*this));
}
inline Task<void> Promise<void>::get_return_object() noexcept {
  return Task<void>(std::coroutine_handle<Promise<void>>::from_promise(*this));
}

// Owns itself: runs at once and frees its frame at its end.
struct Detached {
  struct promise_type {
    Detached get_return_object() noexcept { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    void unhandled_exception() noexcept { std::terminate(); }
  };
};

template <class T, class Done>
Detached Run(Task<T> task, Done done) {
  if constexpr (std::is_void_v<T>) {
    co_await task;
    done();
  } else {
    done(co_await task);
  }
}

}  // namespace task_internal

// Starts `task` on this thread and returns when it has finished or suspended for the first time. `done` is called
// exactly once with its result, on the thread that finished it, perhaps before Spawn returns. An exception that leaves
// the task ends the process: whoever spawns wraps what may throw (see Invoke in service.h).
template <class T, class Done>
void Spawn(Task<T> task, Done done) {
  task_internal::Run(std::move(task), std::move(done));
}

}  // namespace tomada
