#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <absl/status/statusor.h>

namespace tomada::memory_store {

// Where a walk over a table goes on.
struct Position {
  size_t shard = 0;
  std::string after;  // the last id seen in that shard; empty at its beginning
};

// Printable, and sealed with the process's hash: a token that was made up, cut, or given by another table is known for
// what it is. It ends with the process, as the records do.
std::string EncodeToken(std::string_view table, const Position& position);
// INVALID_ARGUMENT when EncodeToken did not make it for this table. Empty means the beginning.
absl::StatusOr<Position> DecodeToken(std::string_view table, std::string_view token);

}  // namespace tomada::memory_store
