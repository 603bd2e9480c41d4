#include "store_metrics.h"

namespace tomada::redis_store {

StoreMetrics::StoreMetrics(const Metrics& metrics)
    : operations(metrics),
      queued(metrics.gauge("tomada_store_queue_depth", "Operations that wait or are in flight.")),
      batch(metrics.histogram("tomada_store_pipeline_batch_size", "Commands sent by one write to the server.",
                              {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024})),
      reconnects(metrics.counter("tomada_store_reconnects_total", "Connections made in place of a lost one.")) {}

}  // namespace tomada::redis_store
