// Errors on their way to an HTTP client.
#pragma once

#include <string>

#include <absl/status/status.h>

#include "transcode/binding.h"

namespace tomada::pistache_http {

enum class ErrorShape {
  // google.rpc.Status in JSON: {"code":5,"message":"...","details":[...]}. A detail whose type is unknown here, or
  // that has no JSON form, is kept as {"@type": ..., "value": BASE64}.
  kStatus,
  // What FastAPI answers: {"detail":"..."}, and for violations of fields
  // {"detail":[{"loc":["body","nome"],"msg":"...","type":"value_error"}]} with 422.
  kFastApi,
};

// The HTTP status of a gRPC code, as google/rpc/code.proto maps them.
int HttpStatusOf(absl::StatusCode code);
// With what the shape says otherwise.
int HttpStatusOf(const absl::Status& status, ErrorShape shape);

// Appends the body. `binding` is the route's and says where a field was given; null where there is none.
void AppendError(const absl::Status& status, ErrorShape shape, const Binding* binding, std::string* out);
// As kStatus.
void AppendStatusJson(const absl::Status& status, std::string* out);

}  // namespace tomada::pistache_http
