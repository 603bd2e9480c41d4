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
// Between the arrows are the components that it waits for, as plugin and id, or the id alone when it is the plugin's
// name. `now`: from which the time to the next try is counted.
std::string ComponentLines(const std::vector<ComponentStatus>& components, Deadline now);

}  // namespace tomada::admin
