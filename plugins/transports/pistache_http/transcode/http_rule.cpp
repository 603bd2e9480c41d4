#include "transcode/http_rule.h"

#include <algorithm>
#include <cctype>
#include <string_view>

#include <google/api/annotations.pb.h>
#include <google/protobuf/descriptor.pb.h>

#include "rpc/method_path.h"

namespace tomada::pistache_http {
namespace {

// A token of RFC 9110, 5.6.2, or "*".
bool IsMethod(std::string_view kind) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !kind.empty() && std::all_of(kind.begin(), kind.end(), [&](unsigned char c) {
    return std::isalnum(c) != 0 || kMarks.find(static_cast<char>(c)) != std::string_view::npos;
  });
}

absl::StatusOr<HttpRule> Convert(const google::api::HttpRule& rule) {
  switch (rule.pattern_case()) {
    case google::api::HttpRule::kGet: return HttpRule{"GET", rule.get(), rule.body(), rule.response_body()};
    case google::api::HttpRule::kPut: return HttpRule{"PUT", rule.put(), rule.body(), rule.response_body()};
    case google::api::HttpRule::kPost: return HttpRule{"POST", rule.post(), rule.body(), rule.response_body()};
    case google::api::HttpRule::kDelete: return HttpRule{"DELETE", rule.delete_(), rule.body(), rule.response_body()};
    case google::api::HttpRule::kPatch: return HttpRule{"PATCH", rule.patch(), rule.body(), rule.response_body()};
    case google::api::HttpRule::kCustom: break;
    case google::api::HttpRule::PATTERN_NOT_SET: return absl::InvalidArgumentError("a rule has no pattern");
  }
  if (!IsMethod(rule.custom().kind()))
    return absl::InvalidArgumentError("the kind of a custom pattern is no HTTP method");
  return HttpRule{rule.custom().kind(), rule.custom().path(), rule.body(), rule.response_body()};
}

}  // namespace

google::protobuf::MethodOptions OptionsOf(const google::protobuf::MethodDescriptor& method) {
  google::protobuf::MethodOptions options;
  options.ParsePartialFromString(method.options().SerializePartialAsString());
  return options;
}

absl::StatusOr<std::vector<HttpRule>> HttpRulesOf(const google::protobuf::MethodDescriptor& method) {
  const google::protobuf::MethodOptions options = OptionsOf(method);
  if (!options.HasExtension(google::api::http)) {
    return std::vector{HttpRule{"POST", rpc::PathOf(method), "*", ""}};
  }
  const google::api::HttpRule& rule = options.GetExtension(google::api::http);
  std::vector<HttpRule> rules;
  auto add = [&rules](const google::api::HttpRule& one) {
    auto converted = Convert(one);
    if (converted.ok()) rules.push_back(std::move(*converted));
    return converted.status();
  };
  if (auto status = add(rule); !status.ok()) return status;
  for (const google::api::HttpRule& additional : rule.additional_bindings()) {
    if (additional.additional_bindings_size() > 0) {
      return absl::InvalidArgumentError("additional_bindings may not stand inside others");
    }
    if (auto status = add(additional); !status.ok()) return status;
  }
  return rules;
}

}  // namespace tomada::pistache_http
