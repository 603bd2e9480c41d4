#pragma once

#include "tomada/metrics.h"
#include "tomada/store_operations.h"

namespace tomada::cached_store {

// What the store counts. Thread-safe.
struct StoreMetrics {
  explicit StoreMetrics(const Metrics& metrics);

  const StoreOperations operations;
  // Keys looked up in the cache, by what came of it: it had them; it had not, or did not answer; what it has was in
  // doubt, so that it was not asked.
  const Counter hits, misses, doubts;
  const Counter pauses;  // times that a cache that failed was left alone
  const Counter shared;  // reads that waited for another's read of the same key
};

}  // namespace tomada::cached_store
