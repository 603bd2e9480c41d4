// Deadlines that a client asks for.
#pragma once

#include <chrono>

#include <absl/status/statusor.h>

#include "dispatch/request.h"

namespace tomada::pistache_http {

// The shortest of `longest`, Grpc-Timeout ("250m": at most 8 digits and one of H, M, S, m, u, n) and X-Server-Timeout
// (seconds, "0.25"). INVALID_ARGUMENT for one that is malformed.
absl::StatusOr<std::chrono::nanoseconds> TimeoutOf(const Request& request, std::chrono::nanoseconds longest);

}  // namespace tomada::pistache_http
