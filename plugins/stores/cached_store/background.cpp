#include "background.h"

namespace tomada::cached_store {
namespace {

constexpr size_t kMaxTasks = 1024;

}  // namespace

bool Background::Enter() {
  std::lock_guard lock(mutex_);
  if (running_ == kMaxTasks) return false;
  ++running_;
  return true;
}

void Background::Leave() {
  std::lock_guard lock(mutex_);
  if (--running_ == 0) idle_.notify_all();  // under the lock: the waiter may take all of this away
}

void Background::WaitUntilIdle(Deadline end) {
  std::unique_lock lock(mutex_);
  awaited_ = true;
  const auto idle = [this] { return running_ == 0; };
  if (end == Deadline::max()) return idle_.wait(lock, idle);  // wait_until overflows in libstdc++
  idle_.wait_until(lock, end, idle);
}

}  // namespace tomada::cached_store
