#pragma once

#include <cstddef>
#include <string_view>

namespace tomada::json {

// The length (1 to 4) of the UTF-8 sequence at `p`, or 0 when there is none: overlong forms, surrogates, code points
// above U+10FFFF and sequences cut at `end` are refused (RFC 3629). `p` must be before `end`.
size_t Utf8SequenceLength(const char* p, const char* end);

bool IsUtf8(std::string_view text);

}  // namespace tomada::json
