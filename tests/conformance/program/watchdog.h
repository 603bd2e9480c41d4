// For stores that are worse than wrong: a case that never ends and a crash are reported with the case's name.
#pragma once

#include <chrono>
#include <string_view>
#include <thread>

#include "progress.h"

namespace tomada::conformance {

// Ends the process with 1, after the report, when a case takes longer than `limit`.
class Watchdog {
 public:
  // `progress` outlives it.
  Watchdog(Progress& progress, std::chrono::nanoseconds limit);

 private:
  std::jthread thread_;
};

// From now on a signal that ends the process (SIGSEGV, SIGABRT, ...) prints the case that NameRunningCase named last
// and ends it with 1.
void ReportCrashes();
void NameRunningCase(std::string_view name);

}  // namespace tomada::conformance
