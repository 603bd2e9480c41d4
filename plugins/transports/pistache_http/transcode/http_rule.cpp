#include "transcode/http_rule.h"

#include <google/api/annotations.pb.h>
#include <google/protobuf/descriptor.pb.h>

#include <fmt/format.h>

namespace tomada::pistache_http {
namespace {

HttpRule Convert(const google::api::HttpRule& rule) {
  HttpRule converted;
  converted.body = rule.body();
  converted.response_body = rule.response_body();
  switch (rule.pattern_case()) {
    case google::api::HttpRule::kGet: converted.method = "GET", converted.path = rule.get(); break;
    case google::api::HttpRule::kPut: converted.method = "PUT", converted.path = rule.put(); break;
    case google::api::HttpRule::kPost: converted.method = "POST", converted.path = rule.post(); break;
    case google::api::HttpRule::kDelete: converted.method = "DELETE", converted.path = rule.delete_(); break;
    case google::api::HttpRule::kPatch: converted.method = "PATCH", converted.path = rule.patch(); break;
    case google::api::HttpRule::kCustom:
      converted.method = rule.custom().kind();
      converted.path = rule.custom().path();
      break;
    case google::api::HttpRule::PATTERN_NOT_SET: break;
  }
  return converted;
}

}  // namespace

std::vector<HttpRule> HttpRulesOf(const google::protobuf::MethodDescriptor& method) {
  google::protobuf::MethodOptions options;
  options.ParsePartialFromString(method.options().SerializePartialAsString());
  if (!options.HasExtension(google::api::http)) {
    return {HttpRule{"POST", fmt::format("/{}/{}", method.service()->full_name(), method.name()), "*", ""}};
  }
  const google::api::HttpRule& rule = options.GetExtension(google::api::http);
  std::vector<HttpRule> rules{Convert(rule)};
  for (const google::api::HttpRule& additional : rule.additional_bindings()) rules.push_back(Convert(additional));
  return rules;
}

}  // namespace tomada::pistache_http
