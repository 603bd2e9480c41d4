// What came of each case.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace tomada::conformance {

enum class Outcome { kPassed, kFailed, kSkipped };

struct Result {
  std::string area, name;
  Outcome outcome = Outcome::kPassed;
  std::chrono::nanoseconds took{0};
  std::string message;  // why it failed or was skipped
};

struct Report {
  std::string subject;  // "memory_store 0.1.0"
  std::vector<Result> results;

  int Count(Outcome outcome) const;
  bool passed() const { return Count(Outcome::kFailed) == 0; }
};

// "1.2 ms", "3.4 s".
std::string Shown(std::chrono::nanoseconds time);
// A row for each area in the order of its first case, the total, and the cases that failed.
std::string TableOf(const Report& report);

}  // namespace tomada::conformance
