// One HTTP GET to this machine: all that `tomada health` needs.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include <absl/status/statusor.h>

#include "tomada/config.h"

namespace tomada {

struct HttpAnswer {
  int status = 0;
  std::string body;
};

// Asks and reads until the server closes, at most a mebibyte. UNAVAILABLE when it cannot be reached, DEADLINE_EXCEEDED
// when it has not answered in time, INTERNAL when the answer is not HTTP/1.
absl::StatusOr<HttpAnswer> HttpGet(const HostPort& address, std::string_view target, std::chrono::milliseconds limit);

}  // namespace tomada
