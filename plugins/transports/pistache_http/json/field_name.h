// Names of fields in JSON, in queries and in field masks: one rule for all of them.
#pragma once

#include <string>
#include <string_view>

#include <google/protobuf/descriptor.h>

namespace tomada::json {

// The field that has `name` as its JSON name or, where none has, as its name in the .proto file; null when there is
// none. Names mostly come in the order of the fields: `*next` is the index where the search begins, and is moved on.
const google::protobuf::FieldDescriptor* FindField(const google::protobuf::Descriptor& type, std::string_view name,
                                                   int* next);
const google::protobuf::FieldDescriptor* FindField(const google::protobuf::Descriptor& type, std::string_view name);

// What FindField finds the field by: its JSON name or, with `proto_names`, that of the .proto file, unless this is the
// JSON name of another field.
const std::string& NameOf(const google::protobuf::FieldDescriptor& field, bool proto_names);

}  // namespace tomada::json
