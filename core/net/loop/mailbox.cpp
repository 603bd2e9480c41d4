#include "net/loop/mailbox.h"

namespace tomada::net {

Mailbox::Mailbox(TimerQueue& timers) : timers_(timers) { due_.Signal(); }

void Mailbox::Post(std::coroutine_handle<> coroutine) { PostAll({&coroutine, 1}); }

void Mailbox::PostAll(std::span<const std::coroutine_handle<>> coroutines) {
  if (coroutines.empty()) return;
  // The write is made under the lock: the loop cannot run the coroutines, finish and be destroyed before it.
  std::lock_guard lock(mutex_);
  posted_.insert(posted_.end(), coroutines.begin(), coroutines.end());
  if (asleep_) Wake();
}

void Mailbox::RunBatch() {
  const Deadline end = std::chrono::steady_clock::now() + kTime;
  bool in_time = true;
  for (int round = 0; round < kMaxRounds && in_time && TakeRound(); ++round) {
    while (in_time && next_ < batch_.size()) {
      batch_[next_++].resume();
      in_time = std::chrono::steady_clock::now() < end;
    }
  }
  std::lock_guard lock(mutex_);
  asleep_ = true;
  if (next_ < batch_.size() || !posted_.empty()) Wake();
}

bool Mailbox::TakeRound() {
  if (next_ < batch_.size()) return true;  // of the last time
  batch_.clear();
  next_ = 0;
  std::lock_guard lock(mutex_);
  batch_.swap(posted_);
  return !batch_.empty();
}

void Mailbox::Wake() {
  asleep_ = false;
  due_.Signal();
}

}  // namespace tomada::net
