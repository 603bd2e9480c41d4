#include "page_token.h"

#include <cstdint>
#include <cstring>

#include <absl/strings/escaping.h>

#include "keyed_hash.h"

namespace tomada::memory_store {
namespace {

// The binary form is seal (8 bytes), shard (4 bytes), id.
uint64_t Seal(std::string_view table, std::string_view sealed) {
  std::string text(table);  // a table's name holds no NUL, so the two cannot run together
  text += '\0';
  text += sealed;
  return KeyedHash()(text);
}

}  // namespace

std::string EncodeToken(std::string_view table, const Position& position) {
  const uint32_t shard = static_cast<uint32_t>(position.shard);
  std::string sealed(reinterpret_cast<const char*>(&shard), sizeof shard);
  sealed += position.after;
  const uint64_t seal = Seal(table, sealed);
  return absl::WebSafeBase64Escape(std::string(reinterpret_cast<const char*>(&seal), sizeof seal) + sealed);
}

absl::StatusOr<Position> DecodeToken(std::string_view table, std::string_view token) {
  Position position;
  if (token.empty()) return position;
  std::string bytes;
  uint64_t seal;
  uint32_t shard;
  const absl::Status wrong = absl::InvalidArgumentError("the page token is not one that this list gave");
  if (!absl::WebSafeBase64Unescape(std::string(token), &bytes) || bytes.size() < sizeof seal + sizeof shard)
    return wrong;
  const std::string_view sealed = std::string_view(bytes).substr(sizeof seal);
  std::memcpy(&seal, bytes.data(), sizeof seal);
  std::memcpy(&shard, sealed.data(), sizeof shard);
  if (seal != Seal(table, sealed)) return wrong;
  position.shard = shard;
  position.after = sealed.substr(sizeof shard);
  return position;
}

}  // namespace tomada::memory_store
