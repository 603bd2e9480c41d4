// What every answer has, whoever makes it.
#pragma once

#include <string>
#include <string_view>

#include <absl/status/status.h>

#include "dispatch/cors.h"
#include "dispatch/request.h"
#include "net/server/response.h"
#include "transcode/error_body.h"

namespace tomada::pistache_http {

struct AnswerOptions {
  Cors cors{Cors::Options()};
  ErrorShape errors = ErrorShape::kStatus;
};

// Of JSON, with the request's id and the headers of CORS. The request outlives it.
net::Response NewResponse(const Request& request, const AnswerOptions& options);

// Makes it an error: its HTTP status, WWW-Authenticate for 401, and Retry-After where the status has a valid RetryInfo
// (rounded up to seconds). Returns the body, in `scratch`, which is empty before: the
// google.api.HttpBody among the status's details, else as AppendError. `binding` as for AppendError.
std::string_view MakeError(const absl::Status& status, const AnswerOptions& options, const Binding* binding,
                           net::Response& response, std::string& scratch);

// A refusal that the protocol itself makes, with the gRPC code whose meaning is nearest.
absl::Status RefusalStatus(int http_status, std::string_view message);

}  // namespace tomada::pistache_http
