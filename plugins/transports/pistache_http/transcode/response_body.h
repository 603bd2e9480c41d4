// ResponseBody: how a response message becomes a body.
#pragma once

#include <string>

#include <absl/status/statusor.h>
#include <google/protobuf/message.h>

#include "json/print.h"
#include "transcode/http_body.h"
#include "transcode/http_rule.h"

namespace tomada::pistache_http {

// Made once for each route; immutable and thread-safe afterwards. The whole message or, with `response_body`, one of
// its fields; as JSON, or for google.api.HttpBody its bytes as they are.
class ResponseBody {
 public:
  // INVALID_ARGUMENT when the rule names a field that is not there.
  static absl::StatusOr<ResponseBody> Make(const google::protobuf::Descriptor& response, const HttpRule& rule);

  bool raw() const { return raw_; }

  // The result refers to `message` or to `scratch`, to which it may append. Type and data are empty when an HttpBody
  // has none. INTERNAL, with the path of the field, when a value has no JSON form.
  absl::StatusOr<Content> Render(const google::protobuf::Message& message, const json::PrintOptions& options,
                                 std::string& scratch) const;

 private:
  const google::protobuf::FieldDescriptor* field_ = nullptr;  // null: the whole message
  bool raw_ = false;
};

}  // namespace tomada::pistache_http
