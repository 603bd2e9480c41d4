#include "transcode/http_body.h"

#include <string>

#include "rpc/metadata.h"

namespace tomada::pistache_http {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr int kContentType = 1, kData = 2;

bool HasText(const Descriptor& type, int number, FieldDescriptor::Type kind) {
  const FieldDescriptor* field = type.FindFieldByNumber(number);
  return field != nullptr && field->type() == kind && !field->is_repeated();
}

const std::string& Text(const Message& message, int number) {
  // No scratch space: the fields of messages are not copied.
  return message.GetReflection()->GetStringReference(message, message.GetDescriptor()->FindFieldByNumber(number),
                                                     nullptr);
}

void SetText(int number, std::string_view text, Message* message) {
  message->GetReflection()->SetString(message, message->GetDescriptor()->FindFieldByNumber(number), std::string(text));
}

}  // namespace

bool IsHttpBody(const Descriptor& type) {
  return type.full_name() == "google.api.HttpBody" && HasText(type, kContentType, FieldDescriptor::TYPE_STRING) &&
         HasText(type, kData, FieldDescriptor::TYPE_BYTES);
}

Content ReadHttpBody(const Message& message) {
  Content content{Text(message, kContentType), Text(message, kData)};
  bool missing = content.type.empty() && !content.data.empty();
  if (missing || !rpc::IsAsciiValue(content.type)) content.type = "application/octet-stream";
  return content;
}

void SetHttpBody(const Content& content, Message* message) {
  SetText(kContentType, content.type, message);
  SetText(kData, content.data, message);
}

}  // namespace tomada::pistache_http
