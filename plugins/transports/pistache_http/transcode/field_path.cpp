#include "transcode/field_path.h"

#include <algorithm>

#include "json/well_known.h"

namespace tomada::pistache_http {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr size_t kMaxDepth = 32;  // as in a JSON body

const FieldDescriptor* FindField(const Descriptor& message, std::string_view name, FieldPath::Names names) {
  if (const FieldDescriptor* field = message.FindFieldByName(std::string(name))) return field;
  if (names == FieldPath::Names::kProto) return nullptr;
  for (int i = 0; i < message.field_count(); ++i) {
    if (message.field(i)->json_name() == name) return message.field(i);
  }
  return nullptr;
}

}  // namespace

FieldPath FieldPath::Find(const Descriptor& message, std::string_view path, Names names) {
  FieldPath found;
  const Descriptor* current = &message;
  while (found.fields_.size() < kMaxDepth) {
    size_t dot = std::min(path.find('.'), path.size());
    const FieldDescriptor* field = current == nullptr ? nullptr : FindField(*current, path.substr(0, dot), names);
    if (field == nullptr) return {};
    found.fields_.push_back(field);
    if (dot == path.size()) return found;
    path.remove_prefix(dot + 1);
    // One with a JSON form of its own, as Timestamp, is one value to a client, with rules over its fields.
    const Descriptor* type = field->is_repeated() ? nullptr : field->message_type();
    const bool whole = type != nullptr && names == Names::kProtoOrJson && json::FormOf(*type) != json::Form::kObject;
    current = whole ? nullptr : type;
  }
  return {};
}

Message* FieldPath::MutableParent(Message* message) const {
  for (size_t i = 0; i + 1 < fields_.size(); ++i) {
    message = message->GetReflection()->MutableMessage(message, fields_[i]);
  }
  return message;
}

bool FieldPath::ReplacesInOneof(const Message& message) const {
  const Message* current = &message;
  for (const FieldDescriptor* field : fields_) {
    if (const auto* oneof = field->real_containing_oneof()) {
      const FieldDescriptor* set = current->GetReflection()->GetOneofFieldDescriptor(*current, oneof);
      if (set != nullptr && set != field) return true;
    }
    if (field == fields_.back()) break;
    current = &current->GetReflection()->GetMessage(*current, field);
  }
  return false;
}

std::string FieldPath::Join(size_t count) const {
  std::string joined;
  for (size_t i = 0; i < count; ++i) {
    if (i > 0) joined += '.';
    joined += fields_[i]->name();
  }
  return joined;
}

}  // namespace tomada::pistache_http
