#include "config/text.h"

#include <algorithm>
#include <cstdint>

#include <fmt/format.h>

namespace tomada {
namespace {

// The length of the UTF-8 character at the start of `text`, 0 when it is none (RFC 3629: no overlong forms, no
// surrogates, nothing above U+10FFFF).
size_t CharacterLength(std::string_view text) {
  auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  if (byte(0) < 0x80) return 1;
  size_t length = byte(0) >= 0xF0 ? 4 : byte(0) >= 0xE0 ? 3 : 2;
  if (byte(0) < 0xC2 || byte(0) > 0xF4 || text.size() < length) return 0;
  uint8_t least = byte(0) == 0xE0 ? 0xA0 : byte(0) == 0xF0 ? 0x90 : 0x80;
  uint8_t most = byte(0) == 0xED ? 0x9F : byte(0) == 0xF4 ? 0x8F : 0xBF;
  if (byte(1) < least || byte(1) > most) return 0;
  for (size_t i = 2; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  return length;
}

bool IsForbiddenControl(char c) {
  return (static_cast<uint8_t>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f;
}

Location At(std::string_view text, size_t offset, const std::string& file) {
  int line = 1 + static_cast<int>(std::ranges::count(text.substr(0, offset), '\n'));
  return {file, line, ColumnAt(text, offset)};
}

}  // namespace

bool CheckText(std::string_view text, const std::string& file, Diagnostics& diagnostics) {
  for (size_t offset = 0; offset < text.size();) {
    size_t length = CharacterLength(text.substr(offset));
    if (length == 0) {
      diagnostics.Error(At(text, offset, file), "not UTF-8: save the file in that encoding");
      return false;
    }
    if (IsForbiddenControl(text[offset])) {
      diagnostics.Error(At(text, offset, file),
                        fmt::format("control character U+{:04X} is not allowed in YAML", text[offset]));
      return false;
    }
    offset += length;
  }
  return true;
}

int ColumnAt(std::string_view text, size_t offset) {
  size_t line_break = offset == 0 ? std::string_view::npos : text.rfind('\n', offset - 1);
  size_t line_start = line_break == std::string_view::npos ? 0 : line_break + 1;
  auto starts_character = [](char c) { return (c & 0xC0) != 0x80; };
  return 1 + static_cast<int>(std::ranges::count_if(text.substr(line_start, offset - line_start), starts_character));
}

}  // namespace tomada
