// What every answer has, whoever makes it.
#pragma once

#include <string>
#include <string_view>

#include <absl/status/status.h>

#include "codec/request.h"
#include "codec/response.h"
#include "dispatch/cors.h"
#include "transcode/error_body.h"

namespace tomada::pistache_http {

struct AnswerOptions {
  Cors cors{Cors::Options()};
  ErrorShape errors = ErrorShape::kStatus;
};

// With the request's id and the headers of CORS. The request outlives it.
Response NewResponse(const Request& request, const AnswerOptions& options);

// Makes it an error: its HTTP status, WWW-Authenticate for 401, and Retry-After where the status has a valid RetryInfo
// (rounded up to seconds). Returns the body, in `scratch`, which is empty before: the
// google.api.HttpBody among the status's details, else as AppendError. `binding` as for AppendError.
std::string_view MakeError(const absl::Status& status, const AnswerOptions& options, const Binding* binding,
                           Response& response, std::string& scratch);

}  // namespace tomada::pistache_http
