// Where a suspended coroutine goes on.
#ifndef TOMADA_EXECUTOR_H_
#define TOMADA_EXECUTOR_H_

#include <atomic>
#include <coroutine>
#include <span>
#include <vector>

namespace google::protobuf {
class MethodDescriptor;
}

namespace tomada {

class Call;
class TimerQueue;

// One thread on which coroutines resume: an HTTP worker, a thread of grpc_server. A transport owns it, and it outlives
// every call that refers to it. Post and PostAll are thread-safe.
class Executor {
 public:
  // So many rounds of ready work, each of them what the one before it has posted, are run before the executor looks at
  // its sockets and timers again: coroutines that keep waking each other starve nobody.
  static constexpr int kMaxRounds = 64;

  virtual ~Executor();

  // Resumes `coroutine` soon on the executor's thread, in the order of posting. Never inside this, also when it is
  // called on that thread. Never blocks and never drops.
  virtual void Post(std::coroutine_handle<> coroutine) = 0;

  // The same for many at once, with one wake-up. The default posts one by one.
  virtual void PostAll(std::span<const std::coroutine_handle<>> coroutines);

  // Whether the calling thread is the executor's.
  virtual bool InThread() const = 0;

  // What it does at a time: see timer.h. For its own thread alone. The default, for executors that keep no time, throws
  // std::logic_error.
  virtual TimerQueue& timers();

  // The call whose handler has the thread now, as far as is known: null when none has it, and when a handler was
  // resumed by something that does not say so. On the executor's own thread alone, in a signal handler too.
  const Call* running_call() const { return running_call_.load(std::memory_order_relaxed); }
  // The method of that call, from any thread: for those who ask what holds this one. Null as above.
  const google::protobuf::MethodDescriptor* running_method() const {
    return running_method_.load(std::memory_order_relaxed);
  }
  // Said by Invoke (service.h), by Sleep, Event and Channel, and by Span, on the executor's thread; null by the
  // executor itself, before it waits for work.
  void SetRunning(const Call* call);

 private:
  std::atomic<const Call*> running_call_{nullptr};
  std::atomic<const google::protobuf::MethodDescriptor*> running_method_{nullptr};
};

// Collects coroutines, for a thread that finishes many calls at once: each executor is woken once for all of its own.
// Not thread-safe. A coroutine that Flush resumes inline may not add to it.
class ResumeBatch {
 public:
  // `executor` outlives the call of Flush that posts to it.
  void Add(Executor& executor, std::coroutine_handle<> coroutine);
  // Posts what was added since the last Flush, in the order of adding for each executor.
  void Flush();

 private:
  struct Group {
    Executor* executor;
    std::vector<std::coroutine_handle<>> coroutines;
  };
  std::vector<Group> groups_;  // few, so searched in order
};

// co_await it to go on on an executor; at once when this is its thread.
//
//   Hop to_worker(worker.executor());
//   co_await to_worker;
class Hop {
 public:
  explicit Hop(Executor& executor) : executor_(executor) {}
  bool await_ready() const { return executor_.InThread(); }
  void await_suspend(std::coroutine_handle<> coroutine) const { executor_.Post(coroutine); }
  void await_resume() const noexcept {}

 private:
  Executor& executor_;
};

// The exception to the rule: resumes inside Post, on the thread that calls it. For code without a thread of its own
// that is no handler. Every thread counts as its own; it keeps no time.
Executor& InlineExecutor();

}  // namespace tomada

#endif  // TOMADA_EXECUTOR_H_
