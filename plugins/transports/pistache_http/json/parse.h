// JSON to protobuf, to the letter of ProtoJSON (https://protobuf.dev/programming-guides/json) and RFC 8259.
//
// Works by reflection on generated and dynamic messages of any pool. Time is linear in the text and memory in what the
// text holds. All functions are thread-safe as long as each call has its own message.
//
// Errors are INVALID_ARGUMENT with one field violation (tomada/status.h): the path of the field by its proto names
// (`usuario.email`, `tags[2]`, `labels["x"]`, empty for the text as a whole) and what was expected there. They never
// repeat a value from the text, which may be a password; only names of unknown fields and map keys, shortened to 64
// printable characters. An unknown field has a path too (`usuario.nope`, `usuario["no.pe"]`), unless its name had to be
// shortened or changed: then the path is its object's, and the description has what is left of the name. The first
// mistake ends the call, and the message then holds an unspecified part of the text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <absl/status/status.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include "json/any_types.h"
#include "json/limits.h"

namespace tomada::json {

struct ParseOptions {
  int max_depth = kMaxDepth;
  // Skips unknown fields and unknown enum names, which otherwise are errors.
  bool ignore_unknown_fields = false;
  // Does not look for missing required fields (proto2): some may come from elsewhere, such as the URL. The caller then
  // calls CheckRequired() once everything is set.
  bool allow_partial = false;
  // Where `message` stands in the request; put before the paths in errors.
  std::string_view path;
  // When set, receives the field mask of the text: the paths (proto names) of the keys in it, including those whose
  // value is null. Walks into singular messages and stops at repeated fields, maps and types with a JSON form of their
  // own. Extensions are left out.
  std::vector<std::string>* present_paths = nullptr;
  AnyTypes any_types;
};

// Parses a JSON object (or the JSON form of a well-known type) into `message`, which normally is empty: fields that
// the text does not name keep their value, and elements are added to repeated fields.
absl::Status Parse(std::string_view text, google::protobuf::Message* message, const ParseOptions& options = {});

// Parses a JSON value into one field of any kind. Paths in errors begin with the field; `present_paths` are relative to
// it and stay empty when it is not a singular message. `null` leaves the field unset. Does not check required fields.
absl::Status ParseField(std::string_view text, google::protobuf::Message* message,
                        const google::protobuf::FieldDescriptor* field, const ParseOptions& options = {});

// Sets a field from the text of a path variable or query parameter, percent-decoded and not quoted: any scalar, an enum
// by name or number, a wrapper, Timestamp, Duration or FieldMask (also in snake_case). A repeated field gets one more
// element. Other messages and maps are refused. Of the options only `path` is used.
absl::Status ParseScalar(std::string_view text, google::protobuf::Message* message,
                         const google::protobuf::FieldDescriptor* field, const ParseOptions& options = {});

// INVALID_ARGUMENT with one violation for each required field (proto2) that is missing, at any depth. `path` is where
// the message stands in the request.
absl::Status CheckRequired(const google::protobuf::Message& message, std::string_view path = {});

}  // namespace tomada::json
