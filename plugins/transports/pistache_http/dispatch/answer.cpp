#include "dispatch/answer.h"

#include <algorithm>
#include <optional>

#include <absl/strings/cord.h>
#include <google/api/httpbody.pb.h>
#include <google/rpc/error_details.pb.h>

#include "transcode/content_types.h"
#include "transcode/http_body.h"

namespace tomada::pistache_http {
namespace {

std::optional<int64_t> RetrySeconds(const absl::Status& status) {
  auto payload = status.GetPayload("type.googleapis.com/google.rpc.RetryInfo");
  google::rpc::RetryInfo info;
  if (!payload || !info.ParseFromString(std::string(*payload)) || !info.has_retry_delay()) return std::nullopt;
  // The range of google.protobuf.Duration.
  const int64_t seconds = info.retry_delay().seconds();
  const int64_t nanos = info.retry_delay().nanos();
  if (seconds < 0 || seconds > 315'576'000'000 || nanos < 0 || nanos > 999'999'999) return std::nullopt;
  return seconds + (nanos > 0 ? 1 : 0);
}

// The google.api.HttpBody among the details, when there is one: its type, which `type` then refers to, and its data.
bool AppendOwnBody(const absl::Status& status, std::string* out, std::string_view& type) {
  auto payload = status.GetPayload("type.googleapis.com/google.api.HttpBody");
  google::api::HttpBody body;
  if (!payload || !body.ParseFromString(std::string(*payload))) return false;
  const Content content = ReadHttpBody(body);
  out->append(content.type).append(content.data);
  type = std::string_view(*out).substr(0, content.type.size());
  return true;
}

absl::StatusCode CodeOf(int http_status) {
  switch (http_status) {
    case 404: return absl::StatusCode::kNotFound;
    case 408: return absl::StatusCode::kDeadlineExceeded;
    case 413:
    case 429: return absl::StatusCode::kResourceExhausted;
    case 405:
    case 501:
    case 505: return absl::StatusCode::kUnimplemented;
    case 503: return absl::StatusCode::kUnavailable;
    default: return absl::StatusCode::kInvalidArgument;
  }
}

bool Has(const net::Response& response, std::string_view name) {
  return std::any_of(response.headers.begin(), response.headers.end(),
                     [name](const auto& header) { return header.first == name; });
}

}  // namespace

absl::Status RefusalStatus(int http_status, std::string_view message) {
  return absl::Status(CodeOf(http_status), {message.data(), message.size()});
}

net::Response NewResponse(const Request& request, const AnswerOptions& options) {
  net::Response response;
  response.content_type = kJson;
  response.request_id = request.id;
  options.cors.AddTo(request, response);
  return response;
}

std::string_view MakeError(const absl::Status& status, const AnswerOptions& options, const Binding* binding,
                           net::Response& response, std::string& scratch) {
  response.status = HttpStatusOf(status, options.errors);
  response.content_type = kJson;
  if (response.status == 401 && !Has(response, "www-authenticate")) {
    response.headers.emplace_back("www-authenticate", "Bearer");
  }
  if (auto seconds = RetrySeconds(status)) response.headers.emplace_back("retry-after", std::to_string(*seconds));
  if (AppendOwnBody(status, &scratch, response.content_type)) {
    return std::string_view(scratch).substr(response.content_type.size());
  }
  AppendError(status, options.errors, binding, &scratch);
  return scratch;
}

}  // namespace tomada::pistache_http
