#include "json/any.h"

#include <google/protobuf/descriptor.h>

namespace tomada::json {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::Message;

constexpr int kTypeUrl = 1, kValue = 2;

const std::string& StringField(const Message& any, int number) {
  // No scratch space: the fields of messages are not copied.
  return any.GetReflection()->GetStringReference(any, any.GetDescriptor()->FindFieldByNumber(number), nullptr);
}

}  // namespace

std::unique_ptr<Message> NewAnyPayload(const std::string& type_url, const Message& any, const AnyTypes& types) {
  size_t slash = type_url.rfind('/');
  if (slash == type_url.npos) return nullptr;
  const auto* pool = types.pool != nullptr ? types.pool : any.GetDescriptor()->file()->pool();
  auto* factory = types.factory != nullptr ? types.factory : any.GetReflection()->GetMessageFactory();
  const std::string name = type_url.substr(slash + 1);
  const Descriptor* type = pool->FindMessageTypeByName(name);
  if (type == nullptr && name.starts_with("google.protobuf.")) {
    type = google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(name);
    factory = google::protobuf::MessageFactory::generated_factory();
  }
  if (type == nullptr) return nullptr;
  const Message* prototype = factory->GetPrototype(type);
  return prototype == nullptr ? nullptr : std::unique_ptr<Message>(prototype->New());
}

void SetAny(const std::string& type_url, const Message& payload, Message* any) {
  const Descriptor& type = *any->GetDescriptor();
  any->GetReflection()->SetString(any, type.FindFieldByNumber(kTypeUrl), type_url);
  any->GetReflection()->SetString(any, type.FindFieldByNumber(kValue), payload.SerializePartialAsString());
}

const std::string& AnyTypeUrl(const Message& any) { return StringField(any, kTypeUrl); }
const std::string& AnyValue(const Message& any) { return StringField(any, kValue); }

}  // namespace tomada::json
