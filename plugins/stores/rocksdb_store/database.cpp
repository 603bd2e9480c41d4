#include "database.h"

#include <algorithm>

#include <fmt/format.h>
#include <rocksdb/cache.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>

#include "keys.h"
#include "stored.h"

namespace tomada::rocksdb_store {
namespace {

constexpr uint64_t kMiB = 1 << 20;
// RocksDB begins a new table in memory, and a new log, at the first size; a writer that does not sync does so at the
// second. Between them is room for the largest turn.
constexpr uint64_t kWriteBuffer = 16 * kMiB;
constexpr uint64_t kUnsyncedBuffer = 8 * kMiB;

// For two cores and small records: few threads, tens of megabytes.
rocksdb::Options MakeOptions(uint64_t cache_bytes) {
  rocksdb::Options options;
  // A record cut off at the log's end was never acknowledged. Anything else that cannot be read stops the open: the
  // default would drop the acknowledged writes behind it in silence.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  // What is replayed goes to tables, synced, before anybody reads it: after a crash of the process the log may hold
  // writes that were never synced.
  options.avoid_flush_during_recovery = false;
  // After a failed write nothing is tried again behind our back.
  options.max_bgerror_resume_count = 0;

  options.max_background_jobs = 2;
  // Most lookups of a write are for what is not there: a filter answers them.
  options.memtable_prefix_bloom_size_ratio = 0.02;
  options.memtable_whole_key_filtering = true;
  options.allow_concurrent_memtable_write = false;  // there is one writer
  // Its batches are sorted: the place of a key is looked for from that of the one before of the same kind.
  options.memtable_insert_with_hint_prefix_extractor.reset(rocksdb::NewFixedPrefixTransform(1));
  options.write_buffer_size = kWriteBuffer;
  options.max_write_buffer_number = 4;
  options.max_total_wal_size = 64 * kMiB;
  options.target_file_size_base = 16 * kMiB;
  options.max_bytes_for_level_base = 64 * kMiB;
  options.level_compaction_dynamic_level_bytes = true;
  options.compression = rocksdb::kNoCompression;
  options.bytes_per_sync = kMiB;
  options.max_open_files = 256;

  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(cache_bytes);
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));

  // Its own LOG files: warnings, two megabytes, no statistics.
  options.info_log_level = rocksdb::WARN_LEVEL;
  options.max_log_file_size = kMiB;
  options.keep_log_file_num = 2;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  return options;
}

// A status without its text, which names files.
std::string_view KindOf(const rocksdb::Status& status) {
  if (status.IsCorruption()) return "damaged data";
  if (status.IsNoSpace()) return "no space left";
  if (status.IsIOError()) return "input/output error";
  return "internal error";
}

absl::Status OpenError(const Directory& directory, const rocksdb::Status& status) {
  const std::string text = fmt::format("cannot open the store in {}: {}", directory.path().string(), status.ToString());
  if (status.IsNoSpace()) return absl::ResourceExhaustedError(text);
  if (status.IsCorruption() || status.IsInvalidArgument()) {
    return absl::DataLossError(text + ": restore the directory from a backup, or use another one");
  }
  return absl::UnavailableError(text);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Database>> Database::Open(Directory& directory, uint64_t cache_bytes, rocksdb::Env& env,
                                                         std::shared_ptr<rocksdb::EventListener> listener) {
  rocksdb::Options options = MakeOptions(cache_bytes);
  // In a finished directory a database that is missing is a loss, not a beginning.
  options.create_if_missing = directory.is_new();
  options.env = &env;
  options.listeners.push_back(std::move(listener));
  rocksdb::DB* opened = nullptr;
  rocksdb::Status status = rocksdb::DB::Open(options, directory.database().string(), &opened);
  if (!status.ok()) return OpenError(directory, status);
  std::unique_ptr<Database> database(new Database(std::unique_ptr<rocksdb::DB>(opened)));
  if (status = database->LoadTokenKey(); !status.ok()) return OpenError(directory, status);
  if (absl::Status failed = database->LoadTables(); !failed.ok()) return failed;
  if (directory.is_new()) {
    if (absl::Status failed = directory.MarkFormat(); !failed.ok()) return failed;
  }
  return database;
}

rocksdb::Status Database::BeginNewLogWhenDue() {
  uint64_t size = 0;
  if (!rocksdb_->GetIntProperty(rocksdb::DB::Properties::kCurSizeActiveMemTable, &size) || size < kUnsyncedBuffer) {
    return rocksdb::Status::OK();
  }
  rocksdb::Status status = rocksdb_->SyncWAL();
  if (!status.ok()) return status;
  rocksdb::FlushOptions options;
  options.wait = false;
  options.allow_write_stall = true;
  return rocksdb_->Flush(options);
}

rocksdb::Status Database::LoadTokenKey() {
  const std::string key = StoreKey("token_key");
  std::string stored;
  rocksdb::Status status = rocksdb_->Get(rocksdb::ReadOptions(), key, &stored);
  if (status.IsNotFound()) {
    token_key_ = RandomTokenKey();
    stored.assign(token_key_.begin(), token_key_.end());
    rocksdb::WriteOptions durably;
    durably.sync = true;
    return rocksdb_->Put(durably, key, stored);
  }
  if (status.ok() && stored.size() != token_key_.size()) return rocksdb::Status::Corruption("the token key");
  if (status.ok()) std::ranges::copy(stored, token_key_.begin());
  return status;
}

absl::Status Database::LoadTables() {
  const std::string prefix = TablePrefix(), end = AfterPrefix(prefix);
  const rocksdb::Slice bound(end);
  rocksdb::ReadOptions options;
  options.iterate_upper_bound = &bound;
  std::unique_ptr<rocksdb::Iterator> at(rocksdb_->NewIterator(options));
  for (at->Seek(prefix); at->Valid(); at->Next()) {
    std::optional<std::vector<std::string>> indexes = DecodeIndexes(at->value().ToStringView());
    if (!indexes) return Unreadable();
    tables_.emplace(at->key().ToStringView().substr(prefix.size()), *std::move(indexes));
  }
  return at->status().ok() ? absl::OkStatus() : ReadError(at->status());
}

absl::Status ReadError(const rocksdb::Status& status) {
  const std::string text = fmt::format("the store cannot read its data: {}", KindOf(status));
  return status.IsCorruption() ? absl::DataLossError(text) : absl::UnavailableError(text);
}

absl::Status Unreadable() { return absl::DataLossError("the store cannot read its data: unknown encoding"); }

absl::Status WriteError(const rocksdb::Status& status) {
  if (status.IsNoSpace()) return absl::ResourceExhaustedError("the store's disk is full");
  return absl::UnavailableError(fmt::format("the store cannot write its data: {}", KindOf(status)));
}

}  // namespace tomada::rocksdb_store
