#pragma once

#include <chrono>
#include <condition_variable>
#include <coroutine>
#include <map>
#include <mutex>
#include <thread>

#include "tomada/executor.h"

namespace tomada::testing {

// An executor with one thread, as a transport's worker is, that can also resume at a given time.
class ThreadExecutor final : public Executor {
 public:
  using Clock = std::chrono::steady_clock;

  ThreadExecutor() : thread_([this] { Run(); }) {}
  // Nothing may be waiting.
  ~ThreadExecutor() override {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
      changed_.notify_one();
    }
    thread_.join();
  }

  void Post(std::coroutine_handle<> coroutine) override { PostAt(Clock::time_point::min(), coroutine); }
  void PostAt(Clock::time_point time, std::coroutine_handle<> coroutine) {
    std::lock_guard lock(mutex_);
    waiting_.emplace(time, coroutine);
    changed_.notify_one();
  }

 private:
  void Run() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
      if (waiting_.empty()) {
        changed_.wait(lock);
      } else if (Clock::time_point first = waiting_.begin()->first; first > Clock::now()) {
        changed_.wait_until(lock, first);
      } else {
        std::coroutine_handle<> coroutine = waiting_.begin()->second;
        waiting_.erase(waiting_.begin());
        lock.unlock();
        coroutine.resume();
        lock.lock();
      }
    }
  }

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::multimap<Clock::time_point, std::coroutine_handle<>> waiting_;  // those of one time in the order of posting
  bool stopping_ = false;
  std::thread thread_;
};

// co_await it: goes on after `duration`, on the executor; others get their turn even when it is zero.
class Pause {
 public:
  Pause(ThreadExecutor& executor, std::chrono::nanoseconds duration) : executor_(executor), duration_(duration) {}
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> coroutine) {
    executor_.PostAt(ThreadExecutor::Clock::now() + duration_, coroutine);
  }
  void await_resume() const {}

 private:
  ThreadExecutor& executor_;
  std::chrono::nanoseconds duration_;
};

}  // namespace tomada::testing
