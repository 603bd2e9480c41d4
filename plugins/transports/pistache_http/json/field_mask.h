#pragma once

#include <google/protobuf/message.h>

#include <string>
#include <string_view>

namespace tomada::json {

// google.protobuf.FieldMask: snake_case paths in the message, camelCase in JSON, joined by commas. `mask` is a message
// of that shape (FormOf in json/well_known.h).

// Adds the paths of `text`; false, with the message unchanged, when it holds anything but names of letters and digits.
bool SetFieldMask(std::string_view text, google::protobuf::Message* mask);

// False, with nothing appended, when a path would not come back the same.
bool AppendFieldMask(const google::protobuf::Message& mask, std::string* out);

}  // namespace tomada::json
