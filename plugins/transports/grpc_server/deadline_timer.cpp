#include "deadline_timer.h"

namespace tomada::grpc_server {

DeadlineTimer::DeadlineTimer() : thread_([this] { Run(); }) {}

DeadlineTimer::~DeadlineTimer() {
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void DeadlineTimer::Add(Deadline deadline, Entry& entry) {
  bool first;
  {
    std::lock_guard lock(mutex_);
    entries_.emplace(deadline, &entry);
    first = entries_.begin()->second == &entry;
  }
  if (first) changed_.notify_all();
}

void DeadlineTimer::Remove(Deadline deadline, Entry& entry) {
  std::unique_lock lock(mutex_);
  entries_.erase({deadline, &entry});
  if (std::this_thread::get_id() == thread_.get_id()) return;
  changed_.wait(lock, [&] { return firing_ != &entry; });
}

void DeadlineTimer::Run() {
  std::unique_lock lock(mutex_);
  while (!stopped_) {
    if (entries_.empty()) {
      changed_.wait(lock);
      continue;
    }
    auto first = entries_.begin();
    if (Deadline next = first->first; std::chrono::steady_clock::now() < next) {
      changed_.wait_until(lock, next);
      continue;
    }
    firing_ = first->second;
    entries_.erase(first);
    lock.unlock();
    firing_->OnDeadline();
    lock.lock();
    firing_ = nullptr;
    changed_.notify_all();
  }
}

}  // namespace tomada::grpc_server
