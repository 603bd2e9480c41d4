#include "email.h"

#include <algorithm>
#include <optional>

#include "text.h"

namespace tomada::usuarios {
namespace {

constexpr size_t kMaxLocalPartBytes = 64;  // RFC 5321 4.5.3.1.1
constexpr size_t kMaxLabelBytes = 63;      // RFC 1035 2.3.4

bool IsAlphanumeric(char32_t c) {
  return (c >= U'a' && c <= U'z') || (c >= U'A' && c <= U'Z') || (c >= U'0' && c <= U'9') || IsWordCharacter(c);
}

// RFC 5322 3.2.3.
bool IsAtext(char32_t c) {
  return IsAlphanumeric(c) || (c != 0 && std::u32string_view(U"!#$%&'*+-/=?^_`{|}~").find(c) != std::u32string::npos);
}

// Whether `text` is one or more parts between dots, each with 1 to `max_bytes` bytes that satisfy `is_part`.
template <class IsPart>
bool IsDotted(std::string_view text, size_t max_bytes, IsPart is_part) {
  for (;;) {
    size_t dot = text.find('.');
    std::string_view part = text.substr(0, dot);
    if (part.empty() || part.size() > max_bytes) return false;
    std::optional<std::u32string> decoded = DecodeUtf8(part);
    if (!decoded || !is_part(*decoded)) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

bool IsAtom(std::u32string_view part) { return std::ranges::all_of(part, IsAtext); }

bool IsLabel(std::u32string_view part) {
  return part.front() != U'-' && part.back() != U'-' &&
         std::ranges::all_of(part, [](char32_t c) { return c == U'-' || IsAlphanumeric(c); });
}

}  // namespace

std::string_view TrimSpace(std::string_view text) {
  constexpr std::string_view kSpace = " \t\n\v\f\r";
  size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

bool IsEmailAddress(std::string_view address) {
  if (address.size() > kMaxEmailBytes) return false;
  size_t at = address.find('@');
  if (at == std::string_view::npos || at > kMaxLocalPartBytes) return false;
  return IsDotted(address.substr(0, at), kMaxLocalPartBytes, IsAtom) &&
         IsDotted(address.substr(at + 1), kMaxLabelBytes, IsLabel);
}

std::string EmailKey(std::string_view email) { return CaseFold(TrimSpace(email)); }

}  // namespace tomada::usuarios
