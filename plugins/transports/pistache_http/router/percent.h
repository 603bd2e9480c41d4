// Percent-encoding (RFC 3986, 2.1).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tomada::pistache_http {

enum class Decode {
  kAll,
  kAllButSlash,  // %2F stays: in a value of several segments it must differ from a separator
  kPlusIsSpace,  // all, and `+` is a space, as browsers write forms
};

// Nothing when a `%` is not followed by two hexadecimal digits.
std::optional<std::string> PercentDecode(std::string_view text, Decode decode);

enum class Encode {
  kAllButUnreserved,  // letters, digits and `-._~` stay (RFC 3986, 2.3)
  kAllButUrl,         // and what divides a URL (2.2), and what is percent-encoded already
};

// The rest is encoded byte by byte, as RFC 6570, 3.2.1 has it.
std::string PercentEncode(std::string_view text, Encode encode);

}  // namespace tomada::pistache_http
