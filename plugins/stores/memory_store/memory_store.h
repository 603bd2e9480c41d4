#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "clock.h"
#include "config.h"
#include "sharded_table.h"
#include "tomada/metrics.h"
#include "tomada/store.h"
#include "tomada/store_operations.h"

namespace tomada::memory_store {

// Keeps tables in memory until the store is destroyed. Every call completes inline.
class MemoryStore final : public Store {
 public:
  explicit MemoryStore(const Config& config, Clock clock = {}, const Metrics& metrics = {});

  // Starts the thread that gives back the memory of what has expired. What may be seen does not depend on it.
  absl::Status Start() override;
  absl::Status Stop(Deadline grace) override;

  absl::StatusOr<std::unique_ptr<Table>> OpenTable(TableOptions options) override;
  StoreCapabilities capabilities() const override { return parts_.capabilities; }
  StoreCounters counters() const override;

  // One round of what the thread does.
  void Sweep();
  // What is counted against Config::max_bytes.
  uint64_t bytes_used() const { return parts_.budget.used(); }

 private:
  std::vector<std::shared_ptr<ShardedTable>> Tables() const;

  const size_t shards_;
  const StoreOperations operations_;
  StoreParts parts_;
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<ShardedTable>> tables_;  // guarded by mutex_
  std::jthread sweeper_;                                         // the last, so that it ends before what it works on
};

}  // namespace tomada::memory_store
