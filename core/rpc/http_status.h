// Codes of gRPC and statuses of HTTP.
#pragma once

#include <absl/status/status.h>

namespace tomada::rpc {

// What a code is answered with over HTTP, as google/rpc/code.proto maps them.
int HttpStatusOf(absl::StatusCode code);
// What an answer without a grpc-status means to a gRPC client, which something in between has given
// (http-grpc-status-mapping.md). Not the inverse.
absl::StatusCode CodeOfHttp(int status);

}  // namespace tomada::rpc
