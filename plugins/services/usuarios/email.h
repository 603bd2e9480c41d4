// E-mail addresses: which are accepted, and which are the same.
#pragma once

#include <string>
#include <string_view>

namespace tomada::usuarios {

// RFC 5321 4.5.3.1.3 allows a path of 256 bytes, two of which are its angle brackets.
inline constexpr size_t kMaxEmailBytes = 254;

// Without ASCII white space at either end. Valid as long as `text`.
std::string_view TrimSpace(std::string_view text);

// Whether a trimmed `address` is a mailbox of RFC 5321 4.1.2, with the letters of all languages that RFC 6531 adds:
// a dot-string of at most 64 bytes, "@", and labels of letters, digits and inner hyphens. Quoted strings and address
// literals, which no public mail host gives out, are refused.
bool IsEmailAddress(std::string_view address);

// The same for addresses that count as one: trimmed and case-folded (see CaseFold). RFC 5321 leaves the case of the
// local part to its host; in practice no host tells mailboxes apart by it. `email` is valid UTF-8.
std::string EmailKey(std::string_view email);

}  // namespace tomada::usuarios
