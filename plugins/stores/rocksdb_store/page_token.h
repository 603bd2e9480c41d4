#pragma once

#include <array>
#include <string>
#include <string_view>

#include <absl/status/statusor.h>

namespace tomada::rocksdb_store {

// Drawn once for each directory and kept in it, so that a token outlives the process.
using TokenKey = std::array<unsigned char, 32>;
TokenKey RandomTokenKey();

// `after` is the last id of a page. The token is printable and authenticated with the key: one that was made up, cut,
// or given by another table or directory is refused.
std::string EncodeToken(const TokenKey& key, std::string_view table, std::string_view after);
// INVALID_ARGUMENT when EncodeToken did not make it for this table. Empty means the beginning, for which the id is
// empty.
absl::StatusOr<std::string> DecodeToken(const TokenKey& key, std::string_view table, std::string_view token);

}  // namespace tomada::rocksdb_store
