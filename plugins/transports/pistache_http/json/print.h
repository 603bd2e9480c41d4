// Protobuf to JSON, to the letter of ProtoJSON (https://protobuf.dev/programming-guides/json), on one line.
//
// Works by reflection on generated and dynamic messages of any pool. All functions append to `out`, never fail and
// always write valid JSON: what has no JSON form (a Timestamp out of range, a Value that holds nothing or NaN, a
// FieldMask whose paths do not survive camelCase) becomes null, and bytes that are not UTF-8 in a string become U+FFFD.
// An Any whose type is unknown, or whose payload does not parse, is kept as {"@type": ..., "value": BASE64}.
// Equal messages print equally: fields in the order of their declaration, maps by key.
#pragma once

#include <string>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include "json/any_types.h"

namespace tomada::json {

struct PrintOptions {
  // Also prints fields without presence that hold their default: 0, "", [], {}.
  bool emit_defaults = false;
  // usuario_id instead of usuarioId.
  bool proto_names = false;
  AnyTypes any_types;
};

void Print(const google::protobuf::Message& message, std::string* out, const PrintOptions& options = {});

// Prints the value of one field of any kind: null when it has presence and is unset, its default when it is a scalar
// without presence, [] or {} when it is empty.
void PrintField(const google::protobuf::Message& message, const google::protobuf::FieldDescriptor* field,
                std::string* out, const PrintOptions& options = {});

}  // namespace tomada::json
