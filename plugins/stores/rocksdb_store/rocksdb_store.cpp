#include "rocksdb_store.h"

#include <algorithm>
#include <set>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "backup.h"
#include "table.h"

namespace tomada::rocksdb_store {
namespace {

bool DiskIsFull(const std::filesystem::path& path, uint64_t min_free) {
  if (min_free == 0) return false;
  std::error_code error;
  const std::filesystem::space_info space = std::filesystem::space(path, error);
  return !error && space.available < min_free;
}

bool SameNames(std::vector<std::string> a, std::vector<std::string> b) {
  std::ranges::sort(a);
  std::ranges::sort(b);
  return a == b;
}

}  // namespace

// RocksDB's own threads find errors too: a flush or a compaction that fails. Such an error stops the writes at once,
// instead of at the next one.
class RocksdbStore::ErrorListener final : public rocksdb::EventListener {
 public:
  // Null: nobody listens any more.
  void Listen(Committer* committer) {
    std::lock_guard lock(mutex_);
    committer_ = committer;
  }

  void OnBackgroundError(rocksdb::BackgroundErrorReason, rocksdb::Status* status) override {
    if (status->severity() < rocksdb::Status::kHardError) return;  // it goes on by itself
    std::lock_guard lock(mutex_);
    if (committer_) committer_->Fail(*status);
  }

 private:
  std::mutex mutex_;
  Committer* committer_ = nullptr;  // guarded by mutex_
};

RocksdbStore::RocksdbStore(const Config& config, Logger log, StatusReporter status, const Metrics& metrics,
                           Surroundings surroundings)
    : config_(config),
      log_(std::move(log)),
      status_(std::move(status)),
      surroundings_(std::move(surroundings)),
      engine_(config, surroundings_.clock, metrics) {
  engine_.capabilities.survives_restart = true;
  engine_.capabilities.durability = config.durability;
}

RocksdbStore::~RocksdbStore() { Stop(std::chrono::steady_clock::now()).IgnoreError(); }

absl::Status RocksdbStore::Start() {
  absl::StatusOr<Directory> directory = Directory::Open(config_.path);
  if (!directory.ok()) return directory.status();
  directory_.emplace(*std::move(directory));
  listener_ = std::make_shared<ErrorListener>();
  absl::StatusOr<std::unique_ptr<Database>> database =
      Database::Open(*directory_, config_.cache_size.bytes, *surroundings_.env, listener_);
  if (!database.ok()) return database.status();
  {
    std::lock_guard lock(tables_mutex_);
    recorded_ = (*database)->tables();
    started_ = true;
  }
  std::set<std::string> recorded;
  for (const auto& [name, indexes] : (*database)->tables()) recorded.insert(name);
  committer_ = std::make_unique<Committer>(**database, engine_.queue, MakeSettings(), std::move(recorded));
  listener_->Listen(committer_.get());
  {
    std::lock_guard lock(engine_.database_mutex);
    engine_.database = *std::move(database);
  }
  engine_.queue.Open();
  committer_->Start();
  log_.Info("open", {{"path", directory_->path().string()}, {"durability", std::string(NameOf(config_.durability))}});
  return absl::OkStatus();
}

Committer::Settings RocksdbStore::MakeSettings() const {
  Committer::Settings settings;
  settings.durability = engine_.capabilities.durability;
  settings.clock = surroundings_.clock;
  settings.group_sizes = engine_.metrics.group_sizes;
  settings.commits = engine_.metrics.commits;
  settings.sweep_interval = surroundings_.sweep_interval;
  settings.disk_is_full = [path = directory_->path(), min_free = config_.min_free_space.bytes] {
    return DiskIsFull(path, min_free);
  };
  settings.on_failure = [log = log_, status = status_](const std::string& what) {
    status.NotReady(what);
    log.Error("no more writes until a restart", {{"error", what}});
  };
  settings.on_warning = [log = log_](const std::string& what) { log.Warning(what); };
  return settings;
}

absl::Status RocksdbStore::Stop(Deadline grace) {
  const absl::Status stopped = absl::UnavailableError("the store has been stopped");
  engine_.queue.Close(stopped);
  engine_.queue.WaitUntilEmpty(grace);
  engine_.queue.Abandon(stopped);
  if (listener_) listener_->Listen(nullptr);
  const bool failed = committer_ && !committer_->failure().ok();
  committer_.reset();  // when its thread has ended
  std::unique_ptr<Database> database;
  {
    std::lock_guard lock(engine_.database_mutex);  // when the last read has ended
    database = std::move(engine_.database);
  }
  rocksdb::Status finished;
  if (database && !failed) finished = database->Finish();
  database.reset();
  directory_.reset();
  return finished.ok() ? absl::OkStatus() : WriteError(finished);
}

absl::StatusOr<std::unique_ptr<Table>> RocksdbStore::OpenTable(TableOptions options) {
  if (absl::Status wrong = CheckTableOptions(options); !wrong.ok()) return wrong;
  std::lock_guard lock(tables_mutex_);
  if (!started_) return absl::FailedPreconditionError("the store has not been started");
  std::shared_ptr<const TableOptions>& table = tables_[options.name];
  if (table && *table != options) {
    return absl::FailedPreconditionError(fmt::format("table {} is open with other options", options.name));
  }
  if (!table) {
    if (absl::Status other = CheckIndexes(options); !other.ok()) return other;
    table = std::make_shared<const TableOptions>(std::move(options));
  }
  return MakeTable(engine_, table);
}

StoreCounters RocksdbStore::counters() const {
  using Properties = rocksdb::DB::Properties;
  const std::shared_lock lock(engine_.database_mutex, std::try_to_lock);
  if (!lock || !engine_.database) return {};
  rocksdb::DB& rocksdb = engine_.database->rocksdb();
  uint64_t files = 0, memory = 0;
  if (!rocksdb.GetIntProperty(Properties::kTotalSstFilesSize, &files) ||
      !rocksdb.GetIntProperty(Properties::kCurSizeAllMemTables, &memory))
    return {};
  return {std::nullopt, files + memory};
}

absl::Status RocksdbStore::BackUp(const std::string& directory) {
  return rocksdb_store::BackUp(config_.path, directory, *surroundings_.env);
}

// Records have keys in the indexes that the table had when they were written. In a new index they could not be found,
// nor would their values count as taken, and nobody would notice.
absl::Status RocksdbStore::CheckIndexes(const TableOptions& options) const {
  const auto recorded = recorded_.find(options.name);
  if (recorded == recorded_.end() || SameNames(recorded->second, options.unique_indexes)) return absl::OkStatus();
  return absl::FailedPreconditionError(fmt::format(
      "table {} in {} was written with the unique indexes [{}] and cannot be opened with [{}]: its records "
      "would not be found by the others. Use another table or directory and copy the records",
      options.name, config_.path, fmt::join(recorded->second, ", "), fmt::join(options.unique_indexes, ", ")));
}

}  // namespace tomada::rocksdb_store
