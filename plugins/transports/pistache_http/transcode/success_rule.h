// How a method's success is told over HTTP, as its option tomada.http_success says (proto/tomada/http.proto).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <absl/status/statusor.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include "transcode/http_rule.h"
#include "transcode/location_template.h"

namespace tomada::pistache_http {

// Made once for each route; immutable and thread-safe afterwards.
class SuccessRule {
 public:
  // 200 without a location for a method without the option. INVALID_ARGUMENT when the option is wrong, or does not go
  // with the method or with `rule`, one of its rules. Works for descriptors of any pool, as HttpRulesOf.
  static absl::StatusOr<SuccessRule> Make(const google::protobuf::MethodDescriptor& method, const HttpRule& rule);

  int status() const { return status_; }
  // "Created"; "Success" for 200.
  std::string_view meaning() const;
  bool has_body() const { return status_ != 204; }
  // Whether the client has asked for the body. That of a redirect is a courtesy: Accept has no say.
  bool body_is_wanted() const { return has_body() && status_ < 300; }
  // Null for none.
  const LocationTemplate* location() const { return location_ ? &*location_ : nullptr; }

 private:
  int status_ = 200;
  std::optional<LocationTemplate> location_;
};

}  // namespace tomada::pistache_http
