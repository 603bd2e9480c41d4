#include "transcode/status_json.h"

#include <absl/strings/cord.h>
#include <google/api/httpbody.pb.h>
#include <google/rpc/error_details.pb.h>
#include <google/rpc/status.pb.h>

#include "codec/response.h"
#include "json/print.h"
#include "tomada/status.h"

namespace tomada::pistache_http {

int HttpStatusOf(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kOk: return 200;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kOutOfRange: return 400;
    case absl::StatusCode::kUnauthenticated: return 401;
    case absl::StatusCode::kPermissionDenied: return 403;
    case absl::StatusCode::kNotFound: return 404;
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kAborted: return 409;
    case absl::StatusCode::kResourceExhausted: return 429;
    case absl::StatusCode::kCancelled: return 499;
    case absl::StatusCode::kUnimplemented: return 501;
    case absl::StatusCode::kUnavailable: return 503;
    case absl::StatusCode::kDeadlineExceeded: return 504;
    default: return 500;
  }
}

void AppendStatusJson(const absl::Status& status, std::string* out) { json::Print(ToRpcStatus(status), out); }

Content RenderError(const absl::Status& status, std::string& scratch) {
  google::api::HttpBody body;
  const auto detail = status.GetPayload("type.googleapis.com/google.api.HttpBody");
  if (!detail || !body.ParseFromString(std::string(*detail))) {
    AppendStatusJson(status, &scratch);
    return {kJson, scratch};
  }
  const Content content = ReadHttpBody(body);
  scratch.append(content.type).append(content.data);
  const std::string_view both = scratch;
  return {both.substr(0, content.type.size()), both.substr(content.type.size())};
}

}  // namespace tomada::pistache_http
