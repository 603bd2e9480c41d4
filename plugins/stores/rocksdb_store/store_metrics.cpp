#include "store_metrics.h"

namespace tomada::rocksdb_store {

StoreMetrics::StoreMetrics(const Metrics& metrics)
    : operations(metrics),
      queued(metrics.gauge("tomada_store_queue_depth", "Operations that wait or are in flight.")),
      group_sizes(metrics.histogram("tomada_store_commit_batch_size", "Writes that went to disk together.",
                                    {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024})),
      commits(metrics.histogram("tomada_store_commit_duration_seconds", "How long the disk took for them.",
                                Histogram::Durations())) {}

}  // namespace tomada::rocksdb_store
