#pragma once

#include <algorithm>
#include <chrono>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

namespace tomada::testing {

// How long the machine, busy with other things, has kept this process from running. A test that measures time adds it
// to what it allows: else it measures its neighbours.
class SchedulingNoise {
 public:
  using Clock = std::chrono::steady_clock;

  // The longest delay of a thread that wanted to run after `begin`.
  static std::chrono::milliseconds Since(Clock::time_point begin) {
    static SchedulingNoise noise;
    std::lock_guard lock(noise.mutex_);
    Clock::duration longest{0};
    for (const auto& [time, delay] : noise.delays_) {
      if (time > begin) longest = std::max(longest, delay);
    }
    return std::chrono::duration_cast<std::chrono::milliseconds>(longest);
  }
  // Begins to listen. Since does as well, too late for its first answer.
  static void Listen() { Since(Clock::now()); }

 private:
  SchedulingNoise() : thread_([this](const std::stop_token& stop) { Run(stop); }) {}

  void Run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      const Clock::time_point due = Clock::now() + std::chrono::milliseconds(5);
      std::this_thread::sleep_until(due);
      const Clock::time_point now = Clock::now();
      if (now - due < std::chrono::milliseconds(5)) continue;
      std::lock_guard lock(mutex_);
      delays_.emplace_back(now, now - due);
      while (delays_.front().first < now - std::chrono::minutes(5)) delays_.pop_front();
    }
  }

  std::mutex mutex_;
  std::deque<std::pair<Clock::time_point, Clock::duration>> delays_;  // guarded by mutex_
  std::jthread thread_;
};

}  // namespace tomada::testing
