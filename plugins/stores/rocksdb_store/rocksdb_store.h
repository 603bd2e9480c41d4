#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <vector>

#include <rocksdb/env.h>

#include "clock.h"
#include "commit_queue.h"
#include "committer.h"
#include "config.h"
#include "database.h"
#include "directory.h"
#include "store_metrics.h"
#include "tomada/backup.h"
#include "tomada/log.h"
#include "tomada/metrics.h"
#include "tomada/readiness.h"
#include "tomada/store.h"

namespace tomada::rocksdb_store {

// What tests bring of their own.
struct Surroundings {
  Surroundings() = default;

  Clock clock = absl::Now;
  rocksdb::Env* env = rocksdb::Env::Default();
  std::chrono::milliseconds sweep_interval{1000};
};

// What the store and its tables share.
struct Engine {
  Engine(const Config& config, Clock clock, const Metrics& metrics)
      : clock(std::move(clock)),
        metrics(metrics),
        queue(static_cast<size_t>(config.max_queued_writes), config.max_queued_bytes.bytes, this->metrics.queued) {}

  const Clock clock;
  const StoreMetrics metrics;
  StoreCapabilities capabilities;
  CommitQueue queue;
  // Held shared by each read, and alone to open and close.
  mutable std::shared_mutex database_mutex;
  std::unique_ptr<Database> database;  // null unless it is open
};

// Keeps tables in a directory. Reads complete inline; writes resume on the call's executor when their group is on disk.
class RocksdbStore final : public Store, public HasBackup {
 public:
  RocksdbStore(const Config& config, Logger log, StatusReporter status, const Metrics& metrics = {},
               Surroundings surroundings = Surroundings());
  ~RocksdbStore() override;

  // Opens the directory, or makes it. Errors: see Directory::Open and Database::Open.
  absl::Status Start() override;
  // A disk that does not answer holds it up beyond `grace`; the calls are answered all the same.
  absl::Status Stop(Deadline grace) override;

  // FAILED_PRECONDITION also before Start, and for a table whose records on disk have other unique indexes.
  absl::StatusOr<std::unique_ptr<Table>> OpenTable(TableOptions options) override;
  StoreCapabilities capabilities() const override { return engine_.capabilities; }
  // The bytes alone: its files, and what is still to be written to them. RocksDB knows no number of keys of a kind.
  StoreCounters counters() const override;

  // See backup.h.
  absl::Status BackUp(const std::string& directory) override;

 private:
  class ErrorListener;

  Committer::Settings MakeSettings() const;
  absl::Status CheckIndexes(const TableOptions& options) const;

  const Config config_;
  const Logger log_;
  const StatusReporter status_;
  const Surroundings surroundings_;
  Engine engine_;
  std::optional<Directory> directory_;
  std::shared_ptr<ErrorListener> listener_;
  std::unique_ptr<Committer> committer_;
  std::mutex tables_mutex_;
  bool started_ = false;                                               // guarded by tables_mutex_, as the rest
  std::map<std::string, std::vector<std::string>> recorded_;           // unique indexes on disk at the start
  std::map<std::string, std::shared_ptr<const TableOptions>> tables_;  // open
};

}  // namespace tomada::rocksdb_store
