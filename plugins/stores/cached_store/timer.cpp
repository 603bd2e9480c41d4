#include "timer.h"

namespace tomada::cached_store {

Timer::Alarm::~Alarm() = default;

void Timer::Start() {
  thread_ = std::thread([this] { Run(); });
}

void Timer::Stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

Timer::Ticket Timer::Add(Deadline time, std::shared_ptr<Alarm> alarm) {
  std::lock_guard lock(mutex_);
  const Ticket ticket(time, ++last_number_);
  alarms_.emplace(ticket, std::move(alarm));
  if (time < wake_at_) {
    wake_at_ = time;
    changed_.notify_one();
  }
  return ticket;
}

void Timer::Remove(const Ticket& ticket) {
  decltype(alarms_)::node_type removed;  // freed after the lock has been let go
  std::lock_guard lock(mutex_);
  removed = alarms_.extract(ticket);
}

void Timer::Run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    // wait_until with the end of time overflows in libstdc++.
    if (alarms_.empty()) {
      wake_at_ = Deadline::max();
      changed_.wait(lock);
      continue;
    }
    wake_at_ = alarms_.begin()->first.first;
    if (std::chrono::steady_clock::now() < wake_at_) {
      changed_.wait_until(lock, wake_at_);
      continue;
    }
    auto due = alarms_.extract(alarms_.begin());
    lock.unlock();
    due.mapped()->Ring();
    due = {};
    lock.lock();
  }
}

}  // namespace tomada::cached_store
