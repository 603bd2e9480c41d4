#include "dispatch/request_messages.h"

#include <algorithm>
#include <utility>

#include <absl/strings/ascii.h>
#include <absl/strings/cord.h>
#include <google/rpc/error_details.pb.h>

#include <fmt/format.h>

#include "tomada/status.h"

namespace tomada::pistache_http {
namespace {

// In each violation, so that it is there in whatever shape errors have.
absl::Status WithLine(const absl::Status& status, size_t line) {
  auto payload = status.GetPayload("type.googleapis.com/google.rpc.BadRequest");
  google::rpc::BadRequest details;
  if (!payload || !details.ParseFromString(std::string(*payload))) return status;
  FieldViolations violations;
  for (const auto& violation : details.field_violations()) {
    violations.Add(violation.field(), fmt::format("{}, in line {}", violation.description(), line));
  }
  return violations.ToStatus();
}

bool IsBlank(std::string_view line) {
  return std::all_of(line.begin(), line.end(), [](unsigned char c) { return absl::ascii_isspace(c); });
}

}  // namespace

RequestMessages::RequestMessages(const Binding& binding, std::vector<std::string> path_values, QueryParameters query,
                                 Content body, bool lines)
    : binding_(binding),
      path_values_(std::move(path_values)),
      query_(std::move(query)),
      body_(body),
      lines_(lines),
      rest_(body.data),
      ended_(binding.takes_body() && body.data.empty()) {}

absl::StatusOr<bool> RequestMessages::Next(google::protobuf::Message* message) {
  Content body = body_;
  if (lines_) {
    body.data = NextLine();
    ended_ = body.data.empty();
  }
  if (ended_) return false;
  ended_ = !lines_;
  message->Clear();
  absl::Status status = binding_.Bind(path_values_, query_, body, message);
  if (status.ok()) return true;
  return lines_ ? WithLine(status, line_) : status;
}

std::string_view RequestMessages::NextLine() {
  while (!rest_.empty()) {
    const size_t end = std::min(rest_.find('\n'), rest_.size());
    const std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    ++line_;
    if (!IsBlank(line)) return line;
  }
  return {};
}

}  // namespace tomada::pistache_http
