// Numbers in the grammar of RFC 8259: no leading zeros, no plus sign, no white space.
#pragma once

#include <charconv>
#include <string>
#include <string_view>

namespace tomada::json {

// The end of the number that begins at `p`, or null when none does.
const char* ScanNumber(const char* p, const char* end);

// Int is int32_t, int64_t, uint32_t or uint64_t. `1.0` and `1e2` are integers too. False when `text` is no number, its
// value is not integral or not in range.
template <typename Int>
bool ParseInteger(std::string_view text, Int* value);

// Float is float or double. A value too close to zero becomes zero. False when `text` is no number or too large.
template <typename Float>
bool ParseFloat(std::string_view text, Float* value);

// Integers, and finite floats in the shortest form that parses back to the same value.
template <typename Number>
void AppendNumber(Number value, std::string* out) {
  char buffer[32];
  out->append(buffer, std::to_chars(buffer, buffer + sizeof(buffer), value).ptr);
}

}  // namespace tomada::json
