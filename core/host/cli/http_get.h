// One HTTP GET to this machine: all that `tomada health` needs.
#pragma once

#include <string>
#include <string_view>

#include <absl/status/statusor.h>

#include "tomada/call.h"
#include "tomada/config.h"

namespace tomada {

struct HttpAnswer {
  int status = 0;
  std::string body;
};

// Asks and reads until the server closes, at most a mebibyte. UNAVAILABLE when it cannot be reached, DEADLINE_EXCEEDED
// when its name has not been looked up or it has not answered by then, INTERNAL when the answer is not HTTP/1. A
// look-up that takes longer leaves a thread behind: for processes that end soon.
absl::StatusOr<HttpAnswer> HttpGet(const HostPort& address, std::string_view target, Deadline deadline);

}  // namespace tomada
