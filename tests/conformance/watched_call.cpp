#include "conformance/watched_call.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace tomada::testing {

using Clock = std::chrono::steady_clock;

void WatchedExecutor::Post(std::coroutine_handle<> coroutine) {
  std::lock_guard lock(mutex_);
  if (ended_at_ || std::ranges::find(posted_, coroutine) != posted_.end()) {
    ++extra_posts_;
    return;
  }
  posted_.push_back(coroutine);
  posted_at_ = Clock::now();
  changed_.notify_one();
}

bool WatchedExecutor::RunUntil(Deadline until) {
  std::unique_lock lock(mutex_);
  while (!ended_at_) {
    const auto something = [this] { return ended_at_ || !posted_.empty(); };
    const bool woken = changed_.wait_until(lock, std::min(until, timers_.next()), something);
    if (!woken && Clock::now() >= until) return false;
    std::coroutine_handle<> next;
    if (!posted_.empty()) {
      next = posted_.front();
      posted_.pop_front();
    }
    lock.unlock();
    timers_.Fire(Clock::now());
    if (next) {
      before_(++resumed_);
      next.resume();
    }
    lock.lock();
  }
  return true;
}

void WatchedExecutor::End() {
  std::lock_guard lock(mutex_);
  ended_at_ = posted_at_.value_or(Clock::now());
  ended_elsewhere_ = std::this_thread::get_id() != owner_;
  extra_posts_ += static_cast<int>(posted_.size());
  posted_.clear();
  changed_.notify_one();
}

Deadline WatchedExecutor::ended_at() const {
  std::lock_guard lock(mutex_);
  return ended_at_.value();
}

bool WatchedExecutor::ended() const {
  std::lock_guard lock(mutex_);
  return ended_at_.has_value();
}

bool WatchedExecutor::ended_elsewhere() const {
  std::lock_guard lock(mutex_);
  return ended_elsewhere_;
}

int WatchedExecutor::extra_posts() const {
  std::lock_guard lock(mutex_);
  return extra_posts_;
}

CallWatch::~CallWatch() {
  static auto& kept = *new std::vector<std::shared_ptr<WatchedExecutor>>;
  for (auto& executor : executors_) {
    if (!executor->ended() || executor->extra_posts() > 0) kept.push_back(std::move(executor));
  }
}

std::shared_ptr<WatchedExecutor> CallWatch::NewExecutor() {
  auto executor = std::make_shared<WatchedExecutor>();
  std::lock_guard lock(mutex_);
  executors_.push_back(executor);
  return executor;
}

void CallWatch::Check() {
  std::lock_guard lock(mutex_);
  if (std::exchange(reported_, true)) return;
  int twice = 0, elsewhere = 0;
  for (const auto& executor : executors_) {
    twice += executor->extra_posts() > 0 ? 1 : 0;
    elsewhere += executor->ended_elsewhere() ? 1 : 0;
  }
  if (twice > 0) ADD_FAILURE() << twice << " calls were completed more than once";
  if (elsewhere > 0) ADD_FAILURE() << elsewhere << " calls ended neither inline nor on their executor";
  reported_ = twice + elsewhere > 0;
}

void CallWatch::NoteWrite() {
  if (staleness_.count() == 0) return;
  std::lock_guard lock(mutex_);
  last_write_ = Clock::now();
}

void CallWatch::WaitUntilWritesAreSeen() {
  if (staleness_.count() == 0) return;
  std::unique_lock lock(mutex_);
  const Deadline seen = last_write_ + staleness_;
  lock.unlock();
  std::this_thread::sleep_until(seen);
}

}  // namespace tomada::testing
