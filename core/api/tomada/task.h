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
//  * A task resumes on the thread that finished what it awaited. What completes elsewhere posts to the call's Executor,
//    so a handler keeps to one thread: see service.h.
//  * Both runs two tasks at once; those of one call take turns on its executor's thread.
//  * gcc 12 destroys temporaries of aggregate type inside an awaited expression twice. Types passed to awaited calls
//    have constructors, and the operand of co_await is a plain call: no braces, no ?:, no capturing temporary lambda.
//
// An exception that leaves the coroutine is thrown again from the await.
#ifndef TOMADA_TASK_H_
#define TOMADA_TASK_H_

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
      // After the exchange a parent that is not suspended may already be destroying this frame.
      if (promise.state_.exchange(kFinished, std::memory_order_acq_rel) == kAwaited) promise.parent_.resume();
    }
    void await_resume() const noexcept {}
  };
  FinalAwaiter final_suspend() noexcept { return {}; }

  void unhandled_exception() noexcept { exception_ = std::current_exception(); }

  void Start(std::coroutine_handle<> self) {
    started_ = true;
    self.resume();
  }
  // Starts `self` unless it has been; false when it has finished, and the parent goes on without suspending.
  bool AwaitFrom(std::coroutine_handle<> self, std::coroutine_handle<> parent) {
    parent_ = parent;
    if (!started_) Start(self);
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
  bool await_suspend(std::coroutine_handle<> parent) { return handle_.promise().AwaitFrom(handle_, parent); }
  T await_resume() { return handle_.promise().TakeResult(); }

 private:
  template <class A, class B>
  friend Task<std::pair<A, B>> Both(Task<A> first, Task<B> second);

  // Runs it as far as it goes; it is awaited afterwards, in any case.
  void Start() { handle_.promise().Start(handle_); }

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

// Runs both at once and finishes with the later of them, on its thread. The second begins where the first
// suspends or has finished. An exception of one is thrown again when the other has finished too; of two, the first's.
template <class A, class B>
Task<std::pair<A, B>> Both(Task<A> first, Task<B> second) {
  first.Start();
  std::optional<B> end;
  std::exception_ptr thrown;
  try {
    end.emplace(co_await second);
  } catch (...) {
    thrown = std::current_exception();
  }
  A begin = co_await first;
  if (thrown) std::rethrow_exception(thrown);
  co_return std::pair<A, B>(std::move(begin), *std::move(end));
}

// Starts `task` on this thread and returns when it has finished or suspended for the first time. `done` is called
// exactly once with its result, perhaps before Spawn returns: on the thread that finished it, or on this one when it
// has finished on another before this has let go of it. So what belongs to one thread is for the task, not for `done`.
// An exception that leaves the task ends the process: whoever spawns wraps what may throw (see Invoke in service.h).
template <class T, class Done>
void Spawn(Task<T> task, Done done) {
  task_internal::Run(std::move(task), std::move(done));
}

}  // namespace tomada

#endif  // TOMADA_TASK_H_
