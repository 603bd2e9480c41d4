#include "router/percent.h"

namespace tomada::pistache_http {
namespace {

// -1 when it is none.
int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool IsEncoded(std::string_view text) {
  return text.size() >= 3 && text[0] == '%' && HexDigit(text[1]) >= 0 && HexDigit(text[2]) >= 0;
}

bool IsUnreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

bool IsReserved(char c) { return std::string_view(":/?#[]@!$&'()*+,;=").find(c) != std::string_view::npos; }

}  // namespace

std::optional<std::string> PercentDecode(std::string_view text, Decode decode) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '+' && decode == Decode::kPlusIsSpace) c = ' ';
    if (c != '%') {
      decoded.push_back(c);
      continue;
    }
    int high = i + 2 < text.size() ? HexDigit(text[i + 1]) : -1;
    int low = i + 2 < text.size() ? HexDigit(text[i + 2]) : -1;
    if (high < 0 || low < 0) return std::nullopt;
    c = static_cast<char>(high * 16 + low);
    if (c == '/' && decode == Decode::kAllButSlash) {
      decoded.append(text.substr(i, 3));
    } else {
      decoded.push_back(c);
    }
    i += 2;
  }
  return decoded;
}

std::string PercentEncode(std::string_view text, Encode encode) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (IsUnreserved(c) || (encode == Encode::kAllButUrl && (IsReserved(c) || IsEncoded(text.substr(i))))) {
      encoded += c;
    } else {
      encoded += '%';
      encoded += kDigits[static_cast<unsigned char>(c) >> 4];
      encoded += kDigits[c & 0xf];
    }
  }
  return encoded;
}

}  // namespace tomada::pistache_http
