// How a method is reached by HTTP, as its google.api.http option says.
#pragma once

#include <string>
#include <vector>

#include <absl/status/statusor.h>
#include <google/protobuf/descriptor.h>

namespace tomada::pistache_http {

struct HttpRule {
  std::string method;         // "GET"; "*" for any
  std::string path;           // a template
  std::string body;           // a field of the request, "*" for the request itself, empty for none
  std::string response_body;  // a field of the response; empty for the response itself
};

// The rule and its additional bindings, or, for a method without any, POST /package.Service/Method with body "*".
// INVALID_ARGUMENT for a rule without a pattern, a custom kind that is no HTTP method, and additional bindings inside
// others. Works for descriptors of any pool.
absl::StatusOr<std::vector<HttpRule>> HttpRulesOf(const google::protobuf::MethodDescriptor& method);

// The options of a method of any pool, read anew with the generated types of google.api and of ours: a pool made at run
// time keeps them as unknown fields.
google::protobuf::MethodOptions OptionsOf(const google::protobuf::MethodDescriptor& method);

}  // namespace tomada::pistache_http
