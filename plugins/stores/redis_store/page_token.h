#pragma once

#include <string>
#include <string_view>

#include <absl/status/statusor.h>

namespace tomada::redis_store {

// Where a walk over a table goes on.
struct Position {
  int bucket = 0;
  std::string after;  // the last id seen in that bucket; empty at its beginning
};

// `seal`: the table and the number of its buckets, so that a token of another walk is known for what it is. Nothing
// secret is in a token, and nothing that a forged one could reach beyond what List gives anyway.
std::string EncodeToken(std::string_view seal, const Position& position);
// INVALID_ARGUMENT when EncodeToken did not make it with this seal. Empty means the beginning.
absl::StatusOr<Position> DecodeToken(std::string_view seal, std::string_view token);

}  // namespace tomada::redis_store
