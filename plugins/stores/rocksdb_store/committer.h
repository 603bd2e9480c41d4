// Group commit. The commit thread validates the writes that wait, in order, makes the accepted ones durable with one
// sync, and answers them all. While it is busy with the disk, a second thread validates the next group.
#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "clock.h"
#include "commit_queue.h"
#include "database.h"
#include "sweep.h"
#include "tomada/metrics.h"
#include "version_source.h"
#include "write_group.h"

namespace tomada::rocksdb_store {

// No write of a group is answered before the group is on disk, not even one that is refused: the reason may be a write
// of the same group. After the first commit that fails nothing more is written, nor is the group that was validated on
// top of it: a later sync may succeed although the data of the failed one is lost.
class Committer {
 public:
  struct Settings {
    Durability durability = Durability::kSynced;
    Clock clock;
    std::chrono::milliseconds sweep_interval{1000};
    std::function<bool()> disk_is_full;  // asked before each group is validated
    Histogram group_sizes, commits;      // see StoreMetrics
    // Called once, with what the operator is told; from a thread of the committer's or of RocksDB's.
    std::function<void(const std::string& what)> on_failure;
    std::function<void(const std::string& what)> on_warning;
  };

  // Both outlive it. `recorded_tables`: whose options the database holds.
  Committer(Database& database, CommitQueue& queue, Settings settings, std::set<std::string> recorded_tables);
  // Waits for the threads, which end when the queue is over.
  ~Committer();

  void Start();

  // RocksDB itself has found that it cannot go on.
  void Fail(const rocksdb::Status& status);
  // OK until something has failed; then what writes are told.
  absl::Status failure() const;

 private:
  using Answers = std::vector<absl::StatusOr<Written>>;

  // Commits one group; false when it is over.
  bool Step();
  void CommitGroup();
  void Refuse(const absl::Status& why);
  void ValidateAhead();
  // The callers of these hold group_mutex_. Validate takes the writes that wait and have not been validated yet.
  void Validate();
  void TakeGroup();
  void BeginAgain();
  void AddSweep();
  rocksdb::Status Commit(bool has_writes);
  rocksdb::Status SyncLater(bool has_writes);

  Database& database_;
  CommitQueue& queue_;
  const Settings settings_;
  std::set<std::string> recorded_tables_;
  VersionSource versions_;
  std::mutex group_mutex_;  // guards the group being validated and its answers
  WriteGroup group_;
  Answers answers_;  // to the writes that have been validated, in order
  // The commit thread's own.
  Sweep sweep_;
  std::chrono::steady_clock::time_point next_sweep_;  // long past: the first group sweeps
  static constexpr std::chrono::steady_clock::time_point kNotDue = std::chrono::steady_clock::time_point::max();
  std::chrono::steady_clock::time_point next_sync_ = kNotDue;
  std::chrono::microseconds commit_delay_{0};  // see CommitQueue::Wait
  mutable std::mutex mutex_;
  absl::Status failure_;  // guarded by mutex_
  std::thread commit_thread_, validation_thread_;
};

}  // namespace tomada::rocksdb_store
