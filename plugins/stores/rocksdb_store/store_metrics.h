#pragma once

#include "tomada/metrics.h"
#include "tomada/store_operations.h"

namespace tomada::rocksdb_store {

// What the store counts. Its threads and callers share it; handles are thread-safe.
struct StoreMetrics {
  explicit StoreMetrics(const Metrics& metrics);

  const StoreOperations operations;
  const Gauge queued;           // writes not answered yet
  const Histogram group_sizes;  // writes that went to disk together
  const Histogram commits;      // seconds that the disk took for them
};

}  // namespace tomada::rocksdb_store
