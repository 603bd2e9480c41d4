#include "store_metrics.h"

namespace tomada::redis_store {
namespace {

std::map<absl::StatusCode, Counter> ByCode(const Metrics& metrics, const char* operation) {
  std::map<absl::StatusCode, Counter> counters;
  // Those that store.h names. What else comes counts as INTERNAL.
  for (absl::StatusCode code :
       {absl::StatusCode::kOk, absl::StatusCode::kNotFound, absl::StatusCode::kAlreadyExists,
        absl::StatusCode::kAborted, absl::StatusCode::kInvalidArgument, absl::StatusCode::kDeadlineExceeded,
        absl::StatusCode::kCancelled, absl::StatusCode::kUnavailable, absl::StatusCode::kResourceExhausted,
        absl::StatusCode::kInternal}) {
    counters[code] = metrics.counter("tomada_store_operations_total", "Operations of the store that have ended.",
                                     {{"operation", operation}, {"code", absl::StatusCodeToString(code)}});
  }
  return counters;
}

}  // namespace

StoreMetrics::StoreMetrics(const Metrics& metrics)
    : queued(metrics.gauge("tomada_store_queue_depth", "Operations that wait or are in flight.")),
      batch(metrics.histogram("tomada_store_pipeline_batch_size", "Commands sent by one write to the server.",
                              {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024})),
      reconnects(metrics.counter("tomada_store_reconnects_total", "Connections made in place of a lost one.")),
      reads_(ByCode(metrics, "read")),
      writes_(ByCode(metrics, "write")) {}

void StoreMetrics::Ended(bool is_write, absl::StatusCode code) const {
  const std::map<absl::StatusCode, Counter>& counters = is_write ? writes_ : reads_;
  auto counter = counters.find(code);
  if (counter == counters.end()) counter = counters.find(absl::StatusCode::kInternal);
  counter->second.Add();
}

}  // namespace tomada::redis_store
