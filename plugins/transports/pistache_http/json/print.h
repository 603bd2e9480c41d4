// Protobuf to JSON, to the letter of ProtoJSON (https://protobuf.dev/programming-guides/json), on one line.
//
// Works by reflection on generated and dynamic messages of any pool. All functions append to `out`. Bytes that are not
// UTF-8 in a string become U+FFFD. An Any whose type is unknown, or whose payload does not parse, is kept as
// {"@type": ..., "value": BASE64}. Equal messages print equally: fields in the order of their declaration, maps by key.
//
// INVALID_ARGUMENT when a value has no JSON form: a Timestamp or Duration out of range, a Value that holds nothing, NaN
// or an infinity, a FieldMask whose paths do not survive camelCase, what is deeper than can be read (json/limits.h).
// The message names the first one by its path (as those of json/parse.h) and never repeats a value:
// "`usuario.criado_em` has no JSON form". The text is incomplete then.
#pragma once

#include <set>
#include <string>

#include <absl/status/status.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include "json/any_types.h"

namespace tomada::json {

using Fields = std::set<const google::protobuf::FieldDescriptor*>;

struct PrintOptions {
  // Also prints fields without presence that hold their default: 0, "", [], {}.
  bool emit_defaults = false;
  // Of these only lists and maps: [], {}.
  bool emit_empty_lists = false;
  // Never printed, whatever they hold. Outlives the call; null for none.
  const Fields* hidden = nullptr;
  // usuario_id instead of usuarioId.
  bool proto_names = false;
  // Keeps an Any whose payload has no JSON form as one whose type is unknown, and does not fail.
  bool keep_unprintable_any = false;
  AnyTypes any_types;
};

absl::Status Print(const google::protobuf::Message& message, std::string* out, const PrintOptions& options = {});

// Prints the value of one field of any kind: null when it is hidden or has presence and is unset, its default when it
// is a scalar without presence, [] or {} when it is empty.
absl::Status PrintField(const google::protobuf::Message& message, const google::protobuf::FieldDescriptor* field,
                        std::string* out, const PrintOptions& options = {});

}  // namespace tomada::json
