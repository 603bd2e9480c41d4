// Errors on their way to an HTTP client.
#pragma once

#include <string>

#include <absl/status/status.h>

namespace tomada::pistache_http {

// The HTTP status of a gRPC code, as google/rpc/code.proto maps them.
int HttpStatusOf(absl::StatusCode code);

// Appends google.rpc.Status in JSON: {"code":5,"message":"...","details":[...]}. A detail whose type is unknown here is
// kept as {"@type": ..., "value": BASE64}.
void AppendStatusJson(const absl::Status& status, std::string* out);

}  // namespace tomada::pistache_http
