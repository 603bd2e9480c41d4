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
  // left in the log is on disk, in tables, when this returns: all that can be read has been synced. DATA_LOSS, with the
  // directory unchanged, when it is not complete (see CheckComplete), or has changes but no tomada.format, as half a
  // copy has. `directory` and `env` outlive it.
  static absl::StatusOr<std::unique_ptr<Database>> Open(Directory& directory, uint64_t cache_bytes, rocksdb::Env& env,
                                                        std::shared_ptr<rocksdb::EventListener> listener);

  // Looks whether all that was on disk is there, and changes nothing. Returns the number of the last change. DATA_LOSS
  // says what is missing and what to do:
  //
  //   - a file that RocksDB's MANIFEST names, or a part of it, or the MANIFEST itself
  //   - a log whose changes are in no table, or the end of one, although later changes are there
  //   - changes up to the number in tomada.sequence
  //
  // RocksDB itself opens without the logs, or with only the last of them, as if the others had never been. It could
  // track them (track_and_verify_wals_in_manifest), but not those that were still written to, and 7.8 then refuses
  // some directories from which nothing is missing (facebook/rocksdb#10892).
  //
  // A crash is no loss. Whatever one takes was not synced yet, at `applied` the writes of the last seconds, and
  // tomada.sequence counts only what was synced before.
  //
  // `read_all`: reads all tables, too, and compares their checksums.
  static absl::StatusOr<uint64_t> CheckComplete(const Directory& directory, rocksdb::Env& env, bool read_all = false);

  rocksdb::DB& rocksdb() { return *rocksdb_; }
  // The rest is for the one thread that writes.

  // All that has been written is on disk, and must be there at the next Open.
  void MarkSynced() { directory_.AdvanceSequence(rocksdb_->GetLatestSequenceNumber()); }
  // Syncs what has been written.
  rocksdb::Status Sync();
  // For a writer that does not sync: once the log has grown large, syncs it and begins another. RocksDB by itself would
  // begin one without a sync, and of two logs that are not on disk a power cut may take the first and leave the second.
  rocksdb::Status BeginNewLogWhenDue();
  // Before a clean end: writes what is only in the log to tables, so that the log is not needed any more.
  rocksdb::Status Finish();

  const TokenKey& token_key() const { return token_key_; }
  // The unique indexes of every table that has been written to, as they were when the database was opened.
  const std::map<std::string, std::vector<std::string>>& tables() const { return tables_; }

 private:
  Database(Directory& directory, std::unique_ptr<rocksdb::DB> rocksdb)
      : directory_(directory), rocksdb_(std::move(rocksdb)) {}
  rocksdb::Status LoadTokenKey();
  absl::Status LoadTables();

  Directory& directory_;
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
