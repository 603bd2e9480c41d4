#include "page_token.h"

#include <absl/strings/escaping.h>
#include <sodium.h>

namespace tomada::rocksdb_store {
namespace {

constexpr size_t kSealSize = 16;

// BLAKE2b under the key. A table's name holds no NUL, so name and id cannot run together.
std::string Seal(const TokenKey& key, std::string_view table, std::string_view after) {
  std::string text(table);
  text += '\0';
  text += after;
  std::string seal(kSealSize, '\0');
  crypto_generichash(reinterpret_cast<unsigned char*>(seal.data()), seal.size(),
                     reinterpret_cast<const unsigned char*>(text.data()), text.size(), key.data(), key.size());
  return seal;
}

}  // namespace

TokenKey RandomTokenKey() {
  TokenKey key;
  randombytes_buf(key.data(), key.size());
  return key;
}

std::string EncodeToken(const TokenKey& key, std::string_view table, std::string_view after) {
  return absl::WebSafeBase64Escape(Seal(key, table, after) + std::string(after));
}

absl::StatusOr<std::string> DecodeToken(const TokenKey& key, std::string_view table, std::string_view token) {
  if (token.empty()) return std::string();
  std::string bytes;
  if (absl::WebSafeBase64Unescape(std::string(token), &bytes) && bytes.size() > kSealSize) {
    std::string after = bytes.substr(kSealSize);
    const std::string seal = Seal(key, table, after);
    if (sodium_memcmp(seal.data(), bytes.data(), kSealSize) == 0) return after;
  }
  return absl::InvalidArgumentError("the page token is not one that this list gave");
}

}  // namespace tomada::rocksdb_store
