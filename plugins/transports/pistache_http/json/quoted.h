#pragma once

#include <string>
#include <string_view>

namespace tomada::json {

// Appends `text` as a JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD.
void AppendQuoted(std::string_view text, std::string* out);

}  // namespace tomada::json
