#include "tomada/thread_executor.h"

#include <pthread.h>
#include <sched.h>

#include <chrono>
#include <utility>

namespace tomada {
namespace {

// The executor whose thread this is.
thread_local const ThreadExecutor* current = nullptr;

}  // namespace

ThreadExecutor::ThreadExecutor(Wakes wakes) : thread_([this, wakes] { Run(wakes); }) {}

ThreadExecutor::~ThreadExecutor() {
  {
    std::lock_guard lock(mutex_);
    ending_ = true;
    wake_.notify_one();
  }
  thread_.join();
}

bool ThreadExecutor::InThread() const { return current == this; }

void ThreadExecutor::PostAll(std::span<const std::coroutine_handle<>> coroutines) {
  if (InThread()) {
    ready_.insert(ready_.end(), coroutines.begin(), coroutines.end());
    return;
  }
  // Under the lock: the thread cannot run the coroutines, and the executor end, before this has let go of it.
  std::lock_guard lock(mutex_);
  posted_.insert(posted_.end(), coroutines.begin(), coroutines.end());
  if (std::exchange(asleep_, false)) wake_.notify_one();
}

void ThreadExecutor::Run(Wakes wakes) {
  current = this;
  const sched_param parameters{};
  if (wakes == Wakes::kBatched) pthread_setschedparam(pthread_self(), SCHED_BATCH, &parameters);
  while (Await()) {
    RunReady();
    if (timers_.next() != Deadline::max()) timers_.Fire(std::chrono::steady_clock::now());
  }
}

void ThreadExecutor::RunReady() {
  for (int round = 0; round < kMaxRounds && !ready_.empty(); ++round) {
    running_.swap(ready_);
    for (std::coroutine_handle<> coroutine : running_) coroutine.resume();
    running_.clear();
  }
}

bool ThreadExecutor::Await() {
  SetRunning(nullptr);
  std::unique_lock lock(mutex_);
  const Deadline next = ready_.empty() ? timers_.next() : Deadline::min();
  const auto due = [this] { return ending_ || !posted_.empty(); };
  asleep_ = next != Deadline::min();
  if (next == Deadline::max()) {
    wake_.wait(lock, due);
  } else if (next != Deadline::min()) {
    wake_.wait_until(lock, next, due);
  }
  asleep_ = false;
  ready_.insert(ready_.end(), posted_.begin(), posted_.end());
  posted_.clear();
  return !ending_;
}

}  // namespace tomada
