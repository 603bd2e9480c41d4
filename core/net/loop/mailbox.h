// How other threads hand coroutines to the thread of an event loop.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <mutex>
#include <thread>
#include <vector>

#include "net/loop/event_fd.h"
#include "tomada/call.h"
#include "tomada/executor.h"
#include "tomada/timer.h"

namespace tomada::net {

// The executor of one loop. Post from any thread; RunBatch on the loop's.
class Mailbox final : public Executor {
 public:
  // `timers` are the loop's.
  explicit Mailbox(TimerQueue& timers);

  void Post(std::coroutine_handle<> coroutine) override;
  void PostAll(std::span<const std::coroutine_handle<>> coroutines) override;
  bool InThread() const override { return std::this_thread::get_id() == thread_.load(std::memory_order_relaxed); }
  TimerQueue& timers() override { return timers_; }

  // The calling thread is the loop's. Before the first RunBatch.
  void OwnThread() { thread_.store(std::this_thread::get_id(), std::memory_order_relaxed); }

  // Each time that RunBatch is due it becomes readable again (edge-triggered); it is readable from the beginning.
  int fd() const { return due_.fd(); }
  // Resumes what has been posted, for kMaxRounds rounds and kTime at most. What is left waits for the next call:
  // neither coroutines that keep posting themselves nor many that come at once keep the loop from its sockets and
  // timers.
  void RunBatch();
  static constexpr std::chrono::milliseconds kTime{5};

 private:
  void Wake();
  // False when there is nothing to run.
  bool TakeRound();

  TimerQueue& timers_;
  std::atomic<std::thread::id> thread_;
  const EventFd due_;
  std::mutex mutex_;
  std::vector<std::coroutine_handle<>> posted_;
  bool asleep_ = true;  // the loop waits for due_; else it will look again by itself
  // The loop's own: the round under way, and whose turn is next. Kept for its capacity.
  std::vector<std::coroutine_handle<>> batch_;
  size_t next_ = 0;
};

}  // namespace tomada::net
