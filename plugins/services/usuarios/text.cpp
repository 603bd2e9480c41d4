#include "text.h"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <new>

#include <utf8proc.h>

namespace tomada::usuarios {
namespace {

const utf8proc_uint8_t* Utf8(std::string_view text) { return reinterpret_cast<const utf8proc_uint8_t*>(text.data()); }

bool IsAscii(std::string_view text) {
  return std::ranges::all_of(text, [](unsigned char c) { return c < 0x80; });
}

// Calls `each` with every code point; false when `text` is not valid UTF-8.
template <class Each>
bool ForEachCodePoint(std::string_view text, Each each) {
  while (!text.empty()) {
    utf8proc_int32_t code_point;
    utf8proc_ssize_t size = utf8proc_iterate(Utf8(text), static_cast<utf8proc_ssize_t>(text.size()), &code_point);
    if (size <= 0) return false;
    each(static_cast<char32_t>(code_point));
    text.remove_prefix(static_cast<size_t>(size));
  }
  return true;
}

}  // namespace

std::optional<size_t> CountCharacters(std::string_view text) {
  size_t count = 0;
  if (!ForEachCodePoint(text, [&count](char32_t) { ++count; })) return std::nullopt;
  return count;
}

std::optional<std::u32string> DecodeUtf8(std::string_view text) {
  std::u32string decoded;
  decoded.reserve(text.size());
  if (!ForEachCodePoint(text, [&decoded](char32_t c) { decoded.push_back(c); })) return std::nullopt;
  return decoded;
}

bool IsWordCharacter(char32_t c) {
  if (c < 0x80) return false;
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(c))) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ND: return true;
    default: return false;
  }
}

std::string CaseFold(std::string_view text) {
  std::string folded(text);
  if (IsAscii(text)) {
    for (char& c : folded) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return folded;
  }
  utf8proc_uint8_t* mapped = nullptr;
  constexpr auto kOptions = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD);
  utf8proc_ssize_t size = utf8proc_map(Utf8(text), static_cast<utf8proc_ssize_t>(text.size()), &mapped, kOptions);
  if (size < 0) throw std::bad_alloc();  // the text is valid, so nothing else can fail
  std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owned(mapped, &std::free);
  return folded.assign(reinterpret_cast<const char*>(mapped), static_cast<size_t>(size));
}

}  // namespace tomada::usuarios
