#include "breaker.h"

#include <string>

namespace tomada::cached_store {

bool Breaker::Allows() {
  if (shut_.load(std::memory_order_acquire)) return false;
  if (!open_.load(std::memory_order_acquire)) return true;
  const Clock::duration now = Clock::now().time_since_epoch();
  Clock::rep next_try = next_try_.load();
  return next_try <= now.count() && next_try_.compare_exchange_strong(next_try, (now + pause_).count());
}

void Breaker::Succeeded() {
  if (open_.load(std::memory_order_relaxed) && open_.exchange(false)) log_.Info("the cache answers again");
}

void Breaker::Failed(const absl::Status& why) {
  next_try_ = (Clock::now().time_since_epoch() + pause_).count();
  if (!open_.exchange(true)) {
    pauses_.Add();
    log_.Warning("the cache does not answer and is left alone", {{"reason", std::string(why.message())}});
  }
}

}  // namespace tomada::cached_store
