#include "json/quoted.h"

#include <array>

#include "json/utf8.h"

namespace tomada::json {
namespace {

constexpr char kPlain = 0, kUnicodeEscape = 1, kNotAscii = 2;

// What to write for each byte: itself (kPlain), \u00XX, what UTF-8 says, or a backslash and the letter given.
constexpr std::array<char, 256> kEscapes = [] {
  std::array<char, 256> escapes{};
  for (int c = 0; c < 0x20; ++c) escapes[c] = kUnicodeEscape;
  for (int c = 0x80; c < 0x100; ++c) escapes[c] = kNotAscii;
  escapes['"'] = '"';
  escapes['\\'] = '\\';
  escapes['\b'] = 'b';
  escapes['\f'] = 'f';
  escapes['\n'] = 'n';
  escapes['\r'] = 'r';
  escapes['\t'] = 't';
  return escapes;
}();

void AppendUnicodeEscape(unsigned char c, std::string* out) {
  constexpr char kHex[] = "0123456789abcdef";
  *out += "\\u00";
  *out += kHex[c >> 4];
  *out += kHex[c & 15];
}

}  // namespace

void AppendQuoted(std::string_view text, std::string* out) {
  const char* end = text.data() + text.size();
  const char* plain = text.data();  // not yet appended
  *out += '"';
  for (const char* p = plain; p != end;) {
    char escape = kEscapes[static_cast<unsigned char>(*p)];
    size_t length = escape == kPlain ? 1 : escape == kNotAscii ? Utf8SequenceLength(p, end) : 0;
    if (length != 0) {
      p += length;
      continue;
    }
    out->append(plain, p);
    if (escape == kNotAscii) {
      *out += "\uFFFD";
    } else if (escape == kUnicodeEscape) {
      AppendUnicodeEscape(static_cast<unsigned char>(*p), out);
    } else {
      *out += '\\';
      *out += escape;
    }
    plain = ++p;
  }
  out->append(plain, end);
  *out += '"';
}

}  // namespace tomada::json
