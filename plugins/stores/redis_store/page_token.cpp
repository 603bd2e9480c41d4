#include "page_token.h"

#include <absl/strings/escaping.h>

#include "tomada/store.h"

namespace tomada::redis_store {
namespace {

// The binary form is check sum (8 bytes), bucket (2 bytes, big-endian), id.
constexpr size_t kSum = 8, kBucket = 2;

std::string CheckSum(std::string_view seal, std::string_view position) {
  const OperationId digest = OperationId::FromText(std::string(seal).append(1, '\0').append(position));
  return std::string(reinterpret_cast<const char*>(digest.bytes().data()), kSum);
}

}  // namespace

std::string EncodeToken(std::string_view seal, const Position& position) {
  std::string bytes{static_cast<char>(position.bucket >> 8), static_cast<char>(position.bucket)};
  bytes += position.after;
  return absl::WebSafeBase64Escape(CheckSum(seal, bytes) + bytes);
}

absl::StatusOr<Position> DecodeToken(std::string_view seal, std::string_view token) {
  Position position;
  if (token.empty()) return position;
  std::string bytes;
  const absl::Status wrong = absl::InvalidArgumentError("the page token is not one that this list gave");
  if (!absl::WebSafeBase64Unescape(std::string(token), &bytes) || bytes.size() < kSum + kBucket) return wrong;
  const std::string_view sealed = std::string_view(bytes).substr(kSum);
  if (CheckSum(seal, sealed) != std::string_view(bytes).substr(0, kSum)) return wrong;
  position.bucket = static_cast<unsigned char>(sealed[0]) << 8 | static_cast<unsigned char>(sealed[1]);
  position.after = sealed.substr(kBucket);
  return position;
}

}  // namespace tomada::redis_store
