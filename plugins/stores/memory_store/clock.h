#pragma once

#include <chrono>
#include <functional>
#include <utility>

#include <absl/time/clock.h>
#include <absl/time/time.h>

namespace tomada::memory_store {

// The two clocks a store reads; tests bring their own.
struct Clock {
  Clock() = default;
  Clock(std::function<absl::Time()> now, std::function<absl::Duration()> uptime)
      : now(std::move(now)), uptime(std::move(uptime)) {}

  // Records end by the wall clock.
  std::function<absl::Time()> now = absl::Now;
  // Operations are remembered by the monotonic one: a jump of the wall clock must not make a store forget a write that
  // its client is about to repeat.
  std::function<absl::Duration()> uptime = [] {
    return absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch());
  };
};

}  // namespace tomada::memory_store
