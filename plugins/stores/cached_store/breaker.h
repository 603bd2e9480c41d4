#pragma once

#include <atomic>
#include <chrono>

#include <absl/status/status.h>

#include "tomada/log.h"
#include "tomada/metrics.h"

namespace tomada::cached_store {

// Leaves a cache alone that has failed: from one failure until a call succeeds, one call for each `pause` is let
// through to try. Thread-safe.
class Breaker {
 public:
  // `pauses` counts how often it begins to leave the cache alone.
  Breaker(std::chrono::nanoseconds pause, Logger log, Counter pauses)
      : pause_(pause), log_(std::move(log)), pauses_(std::move(pauses)) {}

  // Asked right before each call to the cache; true may be the permission for a try, which nobody else gets.
  bool Allows();
  void Succeeded();
  void Failed(const absl::Status& why);
  // Allows nothing any more.
  void Shut() { shut_ = true; }

 private:
  using Clock = std::chrono::steady_clock;

  const Clock::duration pause_;
  const Logger log_;
  const Counter pauses_;
  std::atomic<bool> shut_{false};
  std::atomic<bool> open_{false};
  std::atomic<Clock::rep> next_try_{0};  // while open
};

}  // namespace tomada::cached_store
