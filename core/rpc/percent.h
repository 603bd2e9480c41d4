// Percent-encoding: of URLs (RFC 3986, 2.1) and of grpc-message.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tomada::rpc {

enum class Decode {
  kAll,
  kAllButSlash,  // %2F stays: in a value of several segments it must differ from a separator
  kPlusIsSpace,  // all, and `+` is a space, as browsers write forms
};

// Nothing when a `%` is not followed by two hexadecimal digits.
std::optional<std::string> PercentDecode(std::string_view text, Decode decode);
// As gRPC has clients read a grpc-message: what is no escape stays as it is.
std::string PercentDecodeMessage(std::string_view text);

enum class Encode {
  kAllButUnreserved,  // letters, digits and `-._~` stay (RFC 3986, 2.3)
  kAllButUrl,         // and what divides a URL (2.2), and what is percent-encoded already
};

// The rest is encoded byte by byte, as RFC 6570, 3.2.1 has it.
std::string PercentEncode(std::string_view text, Encode encode);

}  // namespace tomada::rpc
