// The commit thread: judges what waits in order, makes the accepted writes durable together, answers. While it is busy
// with the disk, a second thread judges what waits for the next turn.
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
#include "turn.h"
#include "version_source.h"

namespace tomada::rocksdb_store {

// Nothing of a turn is told to anybody before the turn is on disk, not even a refusal: it may rest on a write of the
// same turn. After the first write that fails nothing is written any more, neither what was judged upon it: what a
// second sync would say of the first one's data is not to be trusted.
class Committer {
 public:
  struct Settings {
    Durability durability = Durability::kSynced;
    Clock clock;
    std::chrono::milliseconds sweep_interval{1000};
    std::function<bool()> disk_is_full;  // asked before each turn
    Histogram turns, commits;            // see StoreMetrics
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

  // One turn; false when it is over.
  bool Step();
  void CommitTurn();
  void Refuse(const absl::Status& why);
  void JudgeAhead();
  // The callers of these hold turn_mutex_. Judge: what waits, as far as it has not been judged.
  void Judge();
  void TakeTurn();
  void BeginAgain();
  void AddSweep();
  rocksdb::Status Commit(bool has_writes);
  rocksdb::Status SyncLater(bool has_writes);

  Database& database_;
  CommitQueue& queue_;
  const Settings settings_;
  std::set<std::string> recorded_tables_;
  VersionSource versions_;
  std::mutex turn_mutex_;  // guards what is judged
  Turn turn_;
  Answers answers_;  // of what has been looked at, in order
  // The commit thread's own.
  Sweep sweep_;
  std::chrono::steady_clock::time_point next_sweep_;  // long past: the first turn sweeps
  static constexpr std::chrono::steady_clock::time_point kNotDue = std::chrono::steady_clock::time_point::max();
  std::chrono::steady_clock::time_point next_sync_ = kNotDue;
  std::chrono::microseconds gathering_{0};  // see CommitQueue::Wait
  mutable std::mutex mutex_;
  absl::Status failure_;  // guarded by mutex_
  std::thread commit_thread_, judge_thread_;
};

}  // namespace tomada::rocksdb_store
