// Who is ready, for a person to read.
#pragma once

#include <string>
#include <vector>

#include "tomada/host_view.h"

namespace tomada::admin {

// "ready", or "not ready: " and the chain to the cause; with a line break.
std::string ReadinessLine(const Readiness& readiness);

// A line for each:
//   http not ready <- grpc_client usuarios <- 127.0.0.1:50051: connection refused, next try in 1.2 s (since TIME)
// What stands between is what it waits for, as plugin and id; an id that is the plugin's name comes alone. `now` is
// what the next try is counted from.
std::string ComponentLines(const std::vector<ComponentStatus>& components, Deadline now);

}  // namespace tomada::admin
