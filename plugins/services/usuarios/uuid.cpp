#include "uuid.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include <sodium.h>

namespace tomada::usuarios {
namespace {

using Bytes = std::array<uint8_t, 16>;

// RFC 9562 4.1 and 4.2: four bits say the version, two the variant.
std::string Format(Bytes bytes, uint8_t version) {
  bytes[6] = static_cast<uint8_t>((bytes[6] & 0x0f) | version << 4);
  bytes[8] = static_cast<uint8_t>((bytes[8] & 0x3f) | 0x80);
  constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  text.reserve(36);
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += kHex[bytes[i] >> 4];
    text += kHex[bytes[i] & 0x0f];
  }
  return text;
}

}  // namespace

std::string TimeOrderedUuid(absl::Time now) {
  Bytes bytes;
  randombytes_buf(bytes.data(), bytes.size());
  auto millis = static_cast<uint64_t>(absl::ToUnixMillis(now));
  for (int i = 5; i >= 0; --i, millis >>= 8) bytes[i] = static_cast<uint8_t>(millis);
  return Format(bytes, 7);
}

std::string UuidFromText(std::string_view text) {
  std::array<uint8_t, crypto_hash_sha256_BYTES> digest;
  crypto_hash_sha256(digest.data(), reinterpret_cast<const unsigned char*>(text.data()), text.size());
  Bytes bytes;
  std::copy_n(digest.begin(), bytes.size(), bytes.begin());
  return Format(bytes, 8);
}

}  // namespace tomada::usuarios
