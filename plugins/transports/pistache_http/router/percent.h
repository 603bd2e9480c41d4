// Percent-encoding (RFC 3986, 2.1).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tomada::pistache_http {

enum class Decode {
  kAll,
  kAllButSlash,  // %2F stays as it is: in a value of several path segments it is not a separator
  kPlusIsSpace,  // all, and `+` is a space, as browsers write forms
};

// Nothing when a `%` is not followed by two hexadecimal digits.
std::optional<std::string> PercentDecode(std::string_view text, Decode decode);

}  // namespace tomada::pistache_http
