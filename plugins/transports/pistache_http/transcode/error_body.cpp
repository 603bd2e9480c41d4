#include "transcode/error_body.h"

#include <algorithm>
#include <optional>

#include <absl/strings/cord.h>
#include <google/rpc/error_details.pb.h>
#include <google/rpc/status.pb.h>

#include "json/print.h"
#include "json/quoted.h"
#include "rpc/http_status.h"
#include "tomada/status.h"

namespace tomada::pistache_http {
namespace {

std::optional<google::rpc::BadRequest> ViolationsOf(const absl::Status& status) {
  auto payload = status.GetPayload("type.googleapis.com/google.rpc.BadRequest");
  google::rpc::BadRequest details;
  if (!payload || !details.ParseFromString(std::string(*payload))) return std::nullopt;
  if (details.field_violations().empty()) return std::nullopt;
  return details;
}

// The steps of a path as further elements of a JSON array: `tags[2].nome` is ,"tags",2,"nome"; a map's key is a string.
void AppendSteps(std::string_view path, std::string* out) {
  while (!path.empty()) {
    out->push_back(',');
    if (path.front() == '[' && path.substr(0, 2) != "[\"") {
      size_t end = std::min(path.find(']'), path.size());
      out->append(path.substr(1, end - 1));
      path.remove_prefix(std::min(end + 1, path.size()));
    } else if (path.front() == '[') {
      size_t end = std::min(path.find("\"]"), path.size());
      json::AppendQuoted(path.substr(2, end - 2), out);
      path.remove_prefix(std::min(end + 2, path.size()));
    } else {
      size_t end = std::min(path.find_first_of(".["), path.size());
      json::AppendQuoted(path.substr(0, end), out);
      path.remove_prefix(end);
    }
    if (!path.empty() && path.front() == '.') path.remove_prefix(1);
  }
}

void AppendDetail(const absl::Status& status, const Binding* binding, std::string* out) {
  out->append("{\"detail\":");
  auto violations = status.code() == absl::StatusCode::kInvalidArgument ? ViolationsOf(status) : std::nullopt;
  if (!violations) {
    json::AppendQuoted({status.message().data(), status.message().size()}, out);
    out->push_back('}');
    return;
  }
  char before = '[';
  for (const auto& violation : violations->field_violations()) {
    Binding::Location location{"body", violation.field()};
    if (binding != nullptr) location = binding->LocationOf(violation.field());
    out->push_back(std::exchange(before, ','));
    out->append("{\"loc\":[");
    json::AppendQuoted(location.part, out);
    AppendSteps(location.field, out);
    out->append("],\"msg\":");
    json::AppendQuoted(violation.description(), out);
    out->append(",\"type\":\"value_error\"}");
  }
  out->append("]}");
}

}  // namespace

int HttpStatusOf(const absl::Status& status, ErrorShape shape) {
  bool violations = shape == ErrorShape::kFastApi && status.code() == absl::StatusCode::kInvalidArgument &&
                    ViolationsOf(status).has_value();
  return violations ? 422 : rpc::HttpStatusOf(status.code());
}

void AppendError(const absl::Status& status, ErrorShape shape, const Binding* binding, std::string* out) {
  if (shape == ErrorShape::kFastApi) return AppendDetail(status, binding, out);
  AppendStatusJson(status, out);
}

void AppendStatusJson(const absl::Status& status, std::string* out) {
  json::PrintOptions options;
  options.keep_unprintable_any = true;
  // Only the details could fail.
  json::Print(ToRpcStatus(status), out, options).IgnoreError();
}

}  // namespace tomada::pistache_http
