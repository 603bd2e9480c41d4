// The program, as it ships.
#pragma once

#include <string>
#include <vector>

#include "support/process.h"

namespace tomada::testing {

struct Result {
  int code;
  std::string out, err;
};

inline Result Conformance(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), TOMADA_CONFORMANCE);
  Process::Options options;
  options.environment["ASAN_OPTIONS"] = "detect_leaks=0";  // calls that a mutant never ends are never freed
  Process process(std::move(arguments), options);
  const int code = process.Wait(std::chrono::seconds(290));
  return {code, process.out(), process.err()};
}

}  // namespace tomada::testing
