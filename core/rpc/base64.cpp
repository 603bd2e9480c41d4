#include "rpc/base64.h"

#include <array>
#include <cstdint>

namespace tomada::rpc {
namespace {

constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<int8_t, 256> kValues = [] {
  std::array<int8_t, 256> values{};
  values.fill(-1);
  for (int i = 0; i < 64; ++i) values[static_cast<unsigned char>(kDigits[i])] = static_cast<int8_t>(i);
  values['-'] = values['+'];
  values['_'] = values['/'];
  return values;
}();

std::string_view WithoutPadding(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0 || text.back() != '=') return text;
  text.remove_suffix(1);
  if (text.back() == '=') text.remove_suffix(1);
  return text;
}

}  // namespace

void AppendBase64(std::string_view bytes, std::string* out) {
  size_t begin = out->size();
  out->resize(begin + (bytes.size() + 2) / 3 * 4, '=');
  char* to = out->data() + begin;
  uint32_t bits = 0;
  int pending = 0;
  for (unsigned char byte : bytes) {
    bits = bits << 8 | byte;
    for (pending += 8; pending >= 6; pending -= 6) *to++ = kDigits[bits >> (pending - 6) & 63];
  }
  if (pending > 0) *to = kDigits[bits << (6 - pending) & 63];
}

bool ParseBase64(std::string_view text, std::string* bytes) {
  text = WithoutPadding(text);
  if (text.size() % 4 == 1) return false;
  bytes->resize(text.size() * 3 / 4);
  char* to = bytes->data();
  uint32_t bits = 0;
  int pending = 0;
  for (unsigned char c : text) {
    int value = kValues[c];
    if (value < 0) return false;
    bits = bits << 6 | static_cast<uint32_t>(value);
    pending += 6;
    if (pending < 8) continue;
    pending -= 8;
    *to++ = static_cast<char>(bits >> pending & 0xFF);
  }
  return true;
}

}  // namespace tomada::rpc
