// Single values as text, as in a JSON string and in a URL.
#pragma once

#include <string>
#include <string_view>

#include "json/slot.h"

namespace tomada::json {

// Sets a field that is not a message; false when `text` is not one of its values. Numbers as in JSON, also NaN,
// Infinity and -Infinity; true and false; enums by name or number; bytes in base64.
bool SetScalar(const Slot& slot, std::string_view text);

// Parts of SetScalar, for JSON, where names, numbers and strings are different tokens.
bool SetEnumName(const Slot& slot, std::string_view name);
bool SetEnumNumber(const Slot& slot, std::string_view number);
bool SetBytes(const Slot& slot, std::string_view base64);

// What a value of the field looks like, for error messages: "expected an integer from 0 to 4294967295".
std::string Expected(const google::protobuf::FieldDescriptor& field);

}  // namespace tomada::json
