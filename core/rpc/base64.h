// Base64 (RFC 4648), of binary metadata and of bytes in JSON.
#pragma once

#include <string>
#include <string_view>

namespace tomada::rpc {

// Standard alphabet with padding (section 4).
void AppendBase64(std::string_view bytes, std::string* out);

// Decodes the standard and the URL-safe alphabet, padded or not. Bits after the last byte are ignored (section 3.5), as
// other parsers of ProtoJSON do. False for anything else.
bool ParseBase64(std::string_view text, std::string* bytes);

}  // namespace tomada::rpc
