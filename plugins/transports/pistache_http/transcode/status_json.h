// Errors on their way to an HTTP client.
#pragma once

#include <string>

#include <absl/status/status.h>

#include "transcode/http_body.h"

namespace tomada::pistache_http {

// The HTTP status of a gRPC code, as google/rpc/code.proto maps them.
int HttpStatusOf(absl::StatusCode code);

// Appends google.rpc.Status in JSON: {"code":5,"message":"...","details":[...]}. A detail whose type is unknown here is
// kept as {"@type": ..., "value": BASE64}.
void AppendStatusJson(const absl::Status& status, std::string* out);

// The body of an error: the google.api.HttpBody among its details, when there is one, else as AppendStatusJson. Refers
// to `scratch`, which is empty.
Content RenderError(const absl::Status& status, std::string& scratch);

}  // namespace tomada::pistache_http
