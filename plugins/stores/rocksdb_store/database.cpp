#include "database.h"

#include <algorithm>
#include <cstdarg>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>
#include <rocksdb/cache.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>
#include <rocksdb/transaction_log.h>
#include <rocksdb/write_batch.h>

#include "keys.h"
#include "stored.h"

namespace tomada::rocksdb_store {
namespace {

constexpr uint64_t kMiB = 1 << 20;
// At the first size RocksDB switches to a new memtable and a new log. A writer that does not sync does so itself at the
// second (see BeginNewLogWhenDue), early enough for the largest write group to fit before the first.
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
  // Batches are sorted: the insert of a key starts where the previous key of the same kind was inserted.
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

// The text of a status names files, so callers get only its kind.
std::string_view KindOf(const rocksdb::Status& status) {
  if (status.IsCorruption()) return "damaged data";
  if (status.IsNoSpace()) return "no space left";
  if (status.IsIOError()) return "input/output error";
  return "internal error";
}

absl::Status OpenError(const Directory& directory, const rocksdb::Status& status) {
  const std::string text = fmt::format("cannot open the store in {}: {}", directory.path().string(), status.ToString());
  if (status.IsNoSpace()) return absl::ResourceExhaustedError(text);
  if (status.IsCorruption() || status.IsInvalidArgument() || status.IsNotFound() || status.IsPathNotFound()) {
    return absl::DataLossError(text + ": restore the directory from a backup, or use another one");
  }
  return absl::UnavailableError(text);
}

// What a new database holds: the token key.
constexpr uint64_t kFirstChange = 1;

// Keeps the LOG files of those who write.
class NoLog final : public rocksdb::Logger {
 public:
  using Logger::Logv;
  void Logv(const char*, va_list) override {}
};

absl::StatusOr<std::unique_ptr<rocksdb::DB>> OpenReadOnly(const Directory& directory, const rocksdb::Options& options) {
  rocksdb::DB* opened = nullptr;
  rocksdb::Status status = rocksdb::DB::OpenForReadOnly(options, directory.database().string(), &opened);
  if (!status.ok()) return OpenError(directory, status);
  return std::unique_ptr<rocksdb::DB>(opened);
}

bool HasLogs(const Directory& directory) {
  std::error_code error;
  for (const auto& file : std::filesystem::directory_iterator(directory.database(), error)) {
    if (file.path().extension() == ".log" && file.file_size(error) > 0) return true;
  }
  return false;
}

// The number of the last change up to which the logs go on without a gap from the last one in the tables.
uint64_t EndOfLogs(rocksdb::DB& database, uint64_t in_tables) {
  uint64_t last = in_tables;
  std::unique_ptr<rocksdb::TransactionLogIterator> at;
  if (!database.GetUpdatesSince(last + 1, &at).ok()) return last;
  for (; at->Valid(); at->Next()) {
    const rocksdb::BatchResult batch = at->GetBatch();
    if (batch.sequence > last + 1) break;
    last = std::max(last, batch.sequence + batch.writeBatchPtr->Count() - 1);
  }
  return last;
}

absl::Status ChangesMissing(const Directory& directory, uint64_t first, uint64_t last, std::string_view hint) {
  return absl::DataLossError(fmt::format(
      "the changes {} to {} of the store in {} are missing; they were in files {}/*.log: put these back, or "
      "restore the whole directory from a backup{}",
      first, last, directory.path().string(), directory.database().string(), hint));
}

absl::Status FormatMissing(const Directory& directory) {
  return absl::DataLossError(
      fmt::format("{} holds a store without its file tomada.format: it is half a copy; restore the whole directory "
                  "from a backup",
                  directory.path().string()));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Database>> Database::Open(Directory& directory, uint64_t cache_bytes, rocksdb::Env& env,
                                                         std::shared_ptr<rocksdb::EventListener> listener) {
  rocksdb::Options options = MakeOptions(cache_bytes);
  // In a finished directory a database that is missing is a loss, not a beginning.
  options.create_if_missing = directory.is_new();
  options.env = &env;
  // Before it is opened for writing, which gives up the logs that are missing: they could not be put back.
  std::error_code error;
  const bool begun = !directory.is_new() || std::filesystem::exists(directory.database() / "CURRENT", error);
  const absl::StatusOr<uint64_t> last = begun ? CheckComplete(directory, env) : directory.ReadSequence();
  if (!last.ok()) return last.status();
  if (directory.is_new() && *last > kFirstChange) return FormatMissing(directory);
  options.listeners.push_back(std::move(listener));
  rocksdb::DB* opened = nullptr;
  rocksdb::Status status = rocksdb::DB::Open(options, directory.database().string(), &opened);
  if (!status.ok()) return OpenError(directory, status);
  std::unique_ptr<Database> database(new Database(directory, std::unique_ptr<rocksdb::DB>(opened)));
  if (status = database->LoadTokenKey(); !status.ok()) return OpenError(directory, status);
  if (absl::Status failed = database->LoadTables(); !failed.ok()) return failed;
  if (absl::Status failed = directory.RecordSequence(opened->GetLatestSequenceNumber()); !failed.ok()) return failed;
  if (directory.is_new()) {
    if (absl::Status failed = directory.MarkFormat(); !failed.ok()) return failed;
  }
  return database;
}

absl::StatusOr<uint64_t> Database::CheckComplete(const Directory& directory, rocksdb::Env& env, bool read_all) {
  const absl::StatusOr<uint64_t> recorded = directory.ReadSequence();
  if (!recorded.ok()) return recorded.status();
  rocksdb::Options options = MakeOptions(kMiB);
  options.env = &env;
  options.info_log = std::make_shared<NoLog>();
  options.wal_dir = directory.path().string();  // where no log is: only what is in tables
  absl::StatusOr<std::unique_ptr<rocksdb::DB>> tables = OpenReadOnly(directory, options);
  if (!tables.ok()) return tables.status();
  if (rocksdb::Status wrong = read_all ? (*tables)->VerifyChecksum() : rocksdb::Status::OK(); !wrong.ok())
    return OpenError(directory, wrong);
  uint64_t last = (*tables)->GetLatestSequenceNumber();
  if (HasLogs(directory)) {
    options.wal_dir.clear();
    absl::StatusOr<std::unique_ptr<rocksdb::DB>> whole = OpenReadOnly(directory, options);
    if (!whole.ok()) return whole.status();
    last = EndOfLogs(**whole, last);
    const uint64_t end = (*whole)->GetLatestSequenceNumber();
    if (last < end) return ChangesMissing(directory, last + 1, std::max(end, *recorded), ". Later ones are there");
  }
  if (last < *recorded) {
    return ChangesMissing(directory, last + 1, *recorded, ". To go on without them, remove the file tomada.sequence");
  }
  return last;
}

rocksdb::Status Database::BeginNewLogWhenDue() {
  uint64_t size = 0;
  if (!rocksdb_->GetIntProperty(rocksdb::DB::Properties::kCurSizeActiveMemTable, &size) || size < kUnsyncedBuffer) {
    return rocksdb::Status::OK();
  }
  if (rocksdb::Status failed = Sync(); !failed.ok()) return failed;
  rocksdb::FlushOptions options;
  options.wait = false;
  options.allow_write_stall = true;
  return rocksdb_->Flush(options);
}

rocksdb::Status Database::Sync() {
  rocksdb::Status status = rocksdb_->SyncWAL();
  if (status.ok()) MarkSynced();
  return status;
}

rocksdb::Status Database::Finish() {
  if (rocksdb::Status failed = Sync(); !failed.ok()) return failed;
  return rocksdb_->Flush(rocksdb::FlushOptions());
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
