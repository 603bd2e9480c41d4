#pragma once

#include "tomada/metrics.h"
#include "tomada/store_operations.h"

namespace tomada::redis_store {

// What the store counts. All of its threads share it; handles are thread-safe.
struct StoreMetrics {
  explicit StoreMetrics(const Metrics& metrics);

  const StoreOperations operations;
  const Gauge queued;        // commands taken and not ended
  const Histogram batch;     // commands that went out by one write to a socket
  const Counter reconnects;  // connections made in place of a lost one
};

}  // namespace tomada::redis_store
