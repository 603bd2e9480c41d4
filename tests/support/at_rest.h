#pragma once

#include <atomic>
#include <chrono>
#include <thread>
#include <utility>

#include <gtest/gtest.h>

namespace tomada::testing {

// What `number` is once it is more than 0 and has stayed the same for `quiet`. After half a minute it is what it is,
// and the test fails.
inline int AtRest(const std::atomic<int>& number, std::chrono::milliseconds quiet = std::chrono::milliseconds(100)) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  int before = 0;
  for (int now = number; now == 0 || now != before; now = number) {
    if (std::chrono::steady_clock::now() > end) {
      ADD_FAILURE() << "still changing, or not begun";
      return now;
    }
    before = now;
    std::this_thread::sleep_for(quiet);
  }
  return before;
}

}  // namespace tomada::testing
