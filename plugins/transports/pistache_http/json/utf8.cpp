#include "json/utf8.h"

namespace tomada::json {
namespace {

bool InRange(char c, unsigned char low, unsigned char high) {
  auto byte = static_cast<unsigned char>(c);
  return byte >= low && byte <= high;
}

// Only the second byte has a range that depends on the first (RFC 3629, section 4).
bool SecondByteIsValid(unsigned char first, char second) {
  switch (first) {
    case 0xE0: return InRange(second, 0xA0, 0xBF);
    case 0xED: return InRange(second, 0x80, 0x9F);
    case 0xF0: return InRange(second, 0x90, 0xBF);
    case 0xF4: return InRange(second, 0x80, 0x8F);
    default: return InRange(second, 0x80, 0xBF);
  }
}

}  // namespace

size_t Utf8SequenceLength(const char* p, const char* end) {
  auto first = static_cast<unsigned char>(*p);
  if (first < 0x80) return 1;
  if (first < 0xC2 || first > 0xF4) return 0;
  size_t length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (static_cast<size_t>(end - p) < length || !SecondByteIsValid(first, p[1])) return 0;
  for (size_t i = 2; i < length; ++i) {
    if (!InRange(p[i], 0x80, 0xBF)) return 0;
  }
  return length;
}

bool IsUtf8(std::string_view text) {
  const char* end = text.data() + text.size();
  for (const char* p = text.data(); p != end;) {
    size_t length = Utf8SequenceLength(p, end);
    if (length == 0) return false;
    p += length;
  }
  return true;
}

}  // namespace tomada::json
