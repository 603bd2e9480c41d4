#pragma once

#include <filesystem>

#include <absl/status/status.h>
#include <rocksdb/env.h>

namespace tomada::rocksdb_store {

// Copies the store in `from`, which may be in use by another process, into `to`, which is made and may be empty. The
// owner is not asked and not held up. Its files come and go meanwhile, so they are taken in an order in which they
// belong together, and the copy is opened and read to the end before it is called one; where that finds something
// missing, it is made again. FAILED_PRECONDITION: see Directory::Open, for either; other codes when a file cannot be
// read or written. What an error leaves in `to` does not open as a store.
absl::Status BackUp(const std::filesystem::path& from, const std::filesystem::path& to, rocksdb::Env& env);

}  // namespace tomada::rocksdb_store
