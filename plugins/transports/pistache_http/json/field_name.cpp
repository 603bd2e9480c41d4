#include "json/field_name.h"

namespace tomada::json {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

const FieldDescriptor* FindField(const Descriptor& type, std::string_view name, int* next) {
  int count = type.field_count();
  if (*next < count && type.field(*next)->json_name() == name) return type.field((*next)++);
  for (int i = 0; i < count; ++i) {
    if (type.field(i)->json_name() != name) continue;
    *next = i + 1;
    return type.field(i);
  }
  return type.FindFieldByName(std::string(name));
}

const FieldDescriptor* FindField(const Descriptor& type, std::string_view name) {
  int next = 0;
  return FindField(type, name, &next);
}

const std::string& NameOf(const FieldDescriptor& field, bool proto_names) {
  const std::string& name = field.name();
  if (!proto_names || name == field.json_name()) return field.json_name();
  return FindField(*field.containing_type(), name) == &field ? name : field.json_name();
}

}  // namespace tomada::json
