#include "transcode/field_path.h"

#include <algorithm>

#include "json/field_name.h"
#include "json/limits.h"
#include "json/well_known.h"

namespace tomada::pistache_http {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr size_t kMaxPathFields = json::kMaxDepth + 1;  // as in a JSON body

const FieldDescriptor* FindField(const Descriptor& message, std::string_view name, FieldPath::Names names) {
  return names == FieldPath::Names::kProto ? message.FindFieldByName(std::string(name))
                                           : json::FindField(message, name);
}

}  // namespace

FieldPath FieldPath::Find(const Descriptor& message, std::string_view path, Names names) {
  FieldPath found;
  const Descriptor* current = &message;
  while (found.fields_.size() < kMaxPathFields) {
    size_t dot = std::min(path.find('.'), path.size());
    const FieldDescriptor* field = current == nullptr ? nullptr : FindField(*current, path.substr(0, dot), names);
    if (field == nullptr) return {};
    found.fields_.push_back(field);
    if (dot == path.size()) return found;
    path.remove_prefix(dot + 1);
    // To a client a message with a JSON form of its own, such as Timestamp, is one value.
    const Descriptor* type = field->is_repeated() ? nullptr : field->message_type();
    const bool whole = type != nullptr && names == Names::kClient && json::FormOf(*type) != json::Form::kObject;
    current = whole ? nullptr : type;
  }
  return {};
}

const Message& FieldPath::ParentIn(const Message& message) const {
  const Message* parent = &message;
  for (size_t i = 0; i + 1 < fields_.size(); ++i) {
    parent = &parent->GetReflection()->GetMessage(*parent, fields_[i]);
  }
  return *parent;
}

Message* FieldPath::MutableParent(Message* message) const {
  for (size_t i = 0; i + 1 < fields_.size(); ++i) {
    message = message->GetReflection()->MutableMessage(message, fields_[i]);
  }
  return message;
}

bool FieldPath::Excludes(const FieldPath& other) const {
  const auto [mine, theirs] = std::mismatch(fields_.begin(), fields_.end(), other.fields_.begin(), other.fields_.end());
  if (mine == fields_.end() || theirs == other.fields_.end()) return false;
  const auto* oneof = (*mine)->real_containing_oneof();
  return oneof != nullptr && oneof == (*theirs)->real_containing_oneof();
}

bool FieldPath::ClearFirstOf(const json::Fields& fields, Message* message) const {
  for (const FieldDescriptor* field : fields_) {
    if (fields.contains(field)) {
      message->GetReflection()->ClearField(message, field);
      return true;
    }
    if (field != fields_.back()) message = message->GetReflection()->MutableMessage(message, field);
  }
  return false;
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
