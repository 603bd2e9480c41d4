#pragma once

#include <map>

#include <absl/status/status.h>

#include "tomada/metrics.h"

namespace tomada::redis_store {

// What the store counts. All of its threads share it; handles are thread-safe.
struct StoreMetrics {
  explicit StoreMetrics(const Metrics& metrics);

  // tomada_store_operations_total{operation, code}: commands that have ended.
  void Ended(bool is_write, absl::StatusCode code) const;

  const Gauge queued;        // commands taken and not ended
  const Histogram batch;     // commands that went out by one write to a socket
  const Counter reconnects;  // connections made in place of a lost one

 private:
  std::map<absl::StatusCode, Counter> reads_, writes_;
};

}  // namespace tomada::redis_store
