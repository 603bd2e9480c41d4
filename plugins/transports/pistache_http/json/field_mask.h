#pragma once

#include <google/protobuf/message.h>

#include <string>
#include <string_view>

namespace tomada::json {

// google.protobuf.FieldMask: snake_case paths in the message, camelCase in JSON, joined by commas. `*` in place of a
// name is every field (https://google.aip.dev/134) or every element (https://google.aip.dev/161). `mask` is a message
// of that shape (FormOf in json/well_known.h).

enum class MaskNames {
  kJson,    // ProtoJSON, whose conformance suite refuses "_"
  kEither,  // snake_case is left as it is: what clients of other gateways write into URLs
};

// Adds the paths of `text`; false, with the message unchanged, when it holds anything but `*` and names of letters and
// digits.
bool SetFieldMask(std::string_view text, MaskNames names, google::protobuf::Message* mask);

// False, with nothing appended, when SetFieldMask would not read a path back as it is.
bool AppendFieldMask(const google::protobuf::Message& mask, std::string* out);

}  // namespace tomada::json
