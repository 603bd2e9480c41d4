#include "transcode/response_body.h"

#include <absl/strings/str_cat.h>
#include <fmt/format.h>

#include "transcode/content_types.h"

namespace tomada::pistache_http {

using google::protobuf::Descriptor;
using google::protobuf::Message;

absl::StatusOr<ResponseBody> ResponseBody::Make(const Descriptor& response, const HttpRule& rule) {
  ResponseBody body;
  body.raw_ = IsHttpBody(response);
  if (rule.response_body.empty()) return body;
  body.field_ = response.FindFieldByName(rule.response_body);
  if (body.field_ == nullptr) {
    return absl::InvalidArgumentError(
        fmt::format("the response body {} is no field of {}", rule.response_body, response.full_name()));
  }
  const Descriptor* type = body.field_->message_type();
  body.raw_ = type != nullptr && !body.field_->is_repeated() && IsHttpBody(*type);
  return body;
}

absl::StatusOr<Content> ResponseBody::Render(const Message& message, const json::PrintOptions& options,
                                             std::string& scratch) const {
  if (raw_) {
    return ReadHttpBody(field_ == nullptr ? message : message.GetReflection()->GetMessage(message, field_));
  }
  absl::Status printed = field_ == nullptr ? json::Print(message, &scratch, options)
                                           : json::PrintField(message, field_, &scratch, options);
  if (!printed.ok()) return absl::InternalError(absl::StrCat("the answer cannot be given: ", printed.message()));
  return Content{kJson, scratch};
}

}  // namespace tomada::pistache_http
