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

absl::Status TooLong(size_t line, size_t most) {
  return absl::ResourceExhaustedError(
      fmt::format("line {} of the body is too large: send at most {} bytes", line, most));
}

bool IsBlank(std::string_view line) {
  return std::all_of(line.begin(), line.end(), [](unsigned char c) { return absl::ascii_isspace(c); });
}

}  // namespace

RequestMessages::RequestMessages(const Binding& binding, std::vector<std::string> path_values, QueryParameters query,
                                 Content body)
    : binding_(binding),
      path_values_(std::move(path_values)),
      query_(std::move(query)),
      body_(body),
      ended_(binding.takes_body() && body.data.empty()) {}

RequestMessages::RequestMessages(const Binding& binding, std::vector<std::string> path_values, QueryParameters query,
                                 size_t max_line)
    : binding_(binding),
      path_values_(std::move(path_values)),
      query_(std::move(query)),
      max_line_(std::max<size_t>(max_line, 1)) {}

absl::StatusOr<RequestMessages::Next> RequestMessages::Read(google::protobuf::Message* message) {
  if (ended_) return Next::kEnd;
  Content body = body_;
  if (max_line_ == 0) {
    ended_ = true;
  } else {
    body.data = NextLine();
    // Also of one whose end has not come.
    const bool whole = !body.data.empty();
    const size_t length = whole ? body.data.size() : lines_.size() - begin_;
    if (length > max_line_) return TooLong(whole ? line_ : line_ + 1, max_line_);
    ended_ = body.data.empty() && whole_;
    if (body.data.empty()) return ended_ ? Next::kEnd : Next::kMore;
  }
  message->Clear();
  absl::Status status = binding_.Bind(path_values_, query_, body, message);
  if (status.ok()) return Next::kMessage;
  return max_line_ == 0 ? status : WithLine(status, line_);
}

std::string_view RequestMessages::NextLine() {
  while (begin_ < lines_.size()) {
    size_t end = lines_.find('\n', scanned_);
    if (end == std::string::npos && !whole_) break;
    end = std::min(end, lines_.size());
    const std::string_view line = std::string_view(lines_).substr(begin_, end - begin_);
    begin_ = scanned_ = std::min(end + 1, lines_.size());
    ++line_;
    if (!IsBlank(line)) return line;
  }
  lines_.erase(0, begin_);
  begin_ = 0;
  scanned_ = lines_.size();
  return {};
}

}  // namespace tomada::pistache_http
