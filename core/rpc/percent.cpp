#include "rpc/percent.h"

#include <charconv>
#include <cstdint>

namespace tomada::rpc {
namespace {

// The byte that `text` begins with, as "%41" is 'A'; nothing when it begins otherwise.
std::optional<char> EscapedByte(std::string_view text) {
  if (text.size() < 3 || text[0] != '%') return std::nullopt;
  uint8_t byte;
  const auto [end, error] = std::from_chars(text.data() + 1, text.data() + 3, byte, 16);
  if (error != std::errc() || end != text.data() + 3) return std::nullopt;
  return static_cast<char>(byte);
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
    if (text[i] != '%') {
      decoded += text[i] == '+' && decode == Decode::kPlusIsSpace ? ' ' : text[i];
      continue;
    }
    const std::optional<char> byte = EscapedByte(text.substr(i));
    if (!byte) return std::nullopt;
    if (*byte == '/' && decode == Decode::kAllButSlash) {
      decoded += text.substr(i, 3);
    } else {
      decoded += *byte;
    }
    i += 2;
  }
  return decoded;
}

std::string PercentDecodeMessage(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const std::optional<char> byte = EscapedByte(text.substr(i));
    decoded += byte.value_or(text[i]);
    if (byte) i += 2;
  }
  return decoded;
}

std::string PercentEncode(std::string_view text, Encode encode) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (IsUnreserved(c) || (encode == Encode::kAllButUrl && (IsReserved(c) || EscapedByte(text.substr(i))))) {
      encoded += c;
    } else {
      encoded += '%';
      encoded += kDigits[static_cast<unsigned char>(c) >> 4];
      encoded += kDigits[c & 0xf];
    }
  }
  return encoded;
}

}  // namespace tomada::rpc
