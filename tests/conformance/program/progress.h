// Follows the run: a line for each case, the report in the end, also when a case never ends.
#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <ostream>
#include <string>

#include <gtest/gtest.h>

#include "report.h"

namespace tomada::conformance {

// The events come from the thread that runs the cases; the rest may be called from any.
class Progress final : public ::testing::EmptyTestEventListener {
 public:
  // `junit_file`: where to write the XML; empty: nowhere. `out` outlives it.
  Progress(std::string subject, size_t cases, std::string junit_file, std::ostream& out);

  void OnTestStart(const ::testing::TestInfo& info) override;
  void OnTestEnd(const ::testing::TestInfo& info) override;

  // Ends the case under way as failed when it has taken longer; true when it has.
  bool FailIfLongerThan(std::chrono::nanoseconds limit);
  // Prints the table and writes the XML; false when a case failed or the file cannot be written.
  bool Finish();

 private:
  using Clock = std::chrono::steady_clock;
  void Print(const Result& result);

  const size_t cases_;
  const std::string junit_file_;
  std::ostream& out_;
  std::mutex mutex_;  // guards the rest
  Report report_;
  std::optional<Result> running_;
  Clock::time_point began_;
};

}  // namespace tomada::conformance
