// RocksDB as the store uses it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/listener.h>

#include "directory.h"
#include "page_token.h"

namespace tomada::rocksdb_store {

class Database {
 public:
  // Opens what is in the directory, or makes it when the directory is new, and then marks the directory. What a crash
  // left in the log is on disk, in tables, when this returns: all that can be read has been synced. `env` outlives it.
  static absl::StatusOr<std::unique_ptr<Database>> Open(Directory& directory, uint64_t cache_bytes, rocksdb::Env& env,
                                                        std::shared_ptr<rocksdb::EventListener> listener);

  rocksdb::DB& rocksdb() { return *rocksdb_; }
  // For a writer that does not sync: once the log has grown large, syncs it and begins another. RocksDB by itself would
  // begin one without a sync, and of two logs that are not on disk a power cut may take the first and leave the second.
  rocksdb::Status BeginNewLogWhenDue();

  const TokenKey& token_key() const { return token_key_; }
  // The unique indexes of every table that has been written to, as they were when the database was opened.
  const std::map<std::string, std::vector<std::string>>& tables() const { return tables_; }

 private:
  explicit Database(std::unique_ptr<rocksdb::DB> rocksdb) : rocksdb_(std::move(rocksdb)) {}
  rocksdb::Status LoadTokenKey();
  absl::Status LoadTables();

  std::unique_ptr<rocksdb::DB> rocksdb_;
  TokenKey token_key_{};
  std::map<std::string, std::vector<std::string>> tables_;
};

// What callers are told; the text holds nothing of their data. DATA_LOSS for damage, else UNAVAILABLE.
absl::Status ReadError(const rocksdb::Status& status);
// DATA_LOSS: a value that this program cannot have written.
absl::Status Unreadable();
// RESOURCE_EXHAUSTED for a full disk, else UNAVAILABLE; says nothing of the outcome.
absl::Status WriteError(const rocksdb::Status& status);

}  // namespace tomada::rocksdb_store
