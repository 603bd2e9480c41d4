// An executor for those that have no event loop.
#ifndef TOMADA_THREAD_EXECUTOR_H_
#define TOMADA_THREAD_EXECUTOR_H_

#include <condition_variable>
#include <coroutine>
#include <mutex>
#include <thread>
#include <vector>

#include "tomada/executor.h"
#include "tomada/timer.h"

namespace tomada {

// A thread that runs what is posted to it, and timers.
class ThreadExecutor final : public Executor {
 public:
  // kBatched: who posts goes on, and posts more, before the thread takes its core (SCHED_BATCH): many for one switch,
  // each a little later.
  enum class Wakes { kAtOnce, kBatched };

  // Starts the thread.
  explicit ThreadExecutor(Wakes wakes = Wakes::kAtOnce);
  // Ends it. Nothing may wait to be resumed, and no timer may be set.
  ~ThreadExecutor() override;
  ThreadExecutor(const ThreadExecutor&) = delete;
  ThreadExecutor& operator=(const ThreadExecutor&) = delete;

  void Post(std::coroutine_handle<> coroutine) override { PostAll({&coroutine, 1}); }
  void PostAll(std::span<const std::coroutine_handle<>> coroutines) override;
  bool InThread() const override;
  TimerQueue& timers() override { return timers_; }

 private:
  void Run(Wakes wakes);
  void RunReady();
  // Waits until something is posted or a timer is due. False when the thread is to end.
  bool Await();

  TimerQueue timers_;
  std::vector<std::coroutine_handle<>> ready_, running_;  // its own thread's: posting to itself takes no lock

  std::mutex mutex_;  // guards the three below
  std::condition_variable wake_;
  std::vector<std::coroutine_handle<>> posted_;  // by others
  bool asleep_ = false;                          // and nobody has woken it
  bool ending_ = false;
  std::thread thread_;  // last: it uses all of them
};

}  // namespace tomada

#endif  // TOMADA_THREAD_EXECUTOR_H_
