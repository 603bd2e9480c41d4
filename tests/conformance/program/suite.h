// What the suites of the program have in common: from the arguments over the cases to the exit code.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "cli/command.h"

namespace tomada::conformance {

struct Suite {
  CommandLine line;       // without the flags that all have
  std::string instances;  // what the names of its suites in GoogleTest begin with
  // Gets what is tested ready for the cases, and says what that is: "memory_store 0.1.0", and a line on what it claims
  // or "". An error, or a std::exception, says why it cannot be tested.
  struct Ready {
    std::string title, note;
  };
  std::function<absl::StatusOr<Ready>(const Arguments& arguments, Shell& shell)> prepare;
};

// Once in a process.
ExitCode Run(Suite suite, const std::vector<std::string>& words, Shell& shell);

Suite StoreSuite();
Suite TransportSuite();
Suite MiddlewareSuite();
Suite ServiceSuite();

// At least one.
absl::StatusOr<std::chrono::seconds> SecondsOf(const Arguments& arguments, const std::string& flag,
                                               const std::string& otherwise);
// "NAME=VALUE", as often as `flag` was given.
absl::StatusOr<std::vector<std::pair<std::string, std::string>>> PairsOf(const Arguments& arguments,
                                                                         const std::string& flag);

}  // namespace tomada::conformance
