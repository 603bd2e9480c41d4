#include "transcode/success_rule.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include <google/protobuf/descriptor.pb.h>
#include <tomada/http.pb.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "transcode/response_body.h"

namespace tomada::pistache_http {
namespace {

constexpr std::array<std::pair<int, std::string_view>, 9> kStatuses = {{{200, "Success"},
                                                                        {201, "Created"},
                                                                        {202, "Accepted"},
                                                                        {204, "No content"},
                                                                        {301, "Moved permanently"},
                                                                        {302, "Found"},
                                                                        {303, "See other"},
                                                                        {307, "Temporary redirect"},
                                                                        {308, "Permanent redirect"}}};

auto FindStatus(int status) {
  return std::find_if(kStatuses.begin(), kStatuses.end(), [status](const auto& one) { return one.first == status; });
}

absl::Status CheckStatus(const HttpSuccess& success) {
  if (FindStatus(success.status()) == kStatuses.end()) {
    std::vector<int> allowed;
    for (const auto& [status, meaning] : kStatuses) allowed.push_back(status);
    return absl::InvalidArgumentError(
        fmt::format("status {} is not one of {}", success.status(), fmt::join(allowed, ", ")));
  }
  if (success.status() >= 300 && success.location().empty()) {
    return absl::InvalidArgumentError(fmt::format("{} is a redirect and needs a location", success.status()));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<SuccessRule> SuccessRule::Make(const google::protobuf::MethodDescriptor& method, const HttpRule& rule) {
  SuccessRule result;
  const google::protobuf::MethodOptions options = OptionsOf(method);
  if (!options.HasExtension(http_success)) return result;
  const HttpSuccess& success = options.GetExtension(http_success);
  if (method.server_streaming()) {
    return absl::InvalidArgumentError("the method streams its answer, whose status goes out before it");
  }
  if (auto status = CheckStatus(success); !status.ok()) return status;
  result.status_ = success.status();
  if (!result.has_body() && (!rule.response_body.empty() || IsHttpBody(*method.output_type()))) {
    return absl::InvalidArgumentError(fmt::format(
        "{} has no body, and the method has a response_body or answers with a google.api.HttpBody", result.status_));
  }
  if (success.location().empty()) return result;
  auto location = LocationTemplate::Parse(success.location(), *method.output_type());
  if (!location.ok()) return location.status();
  result.location_ = *std::move(location);
  return result;
}

std::string_view SuccessRule::meaning() const { return FindStatus(status_)->second; }

}  // namespace tomada::pistache_http
