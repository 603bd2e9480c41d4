#include "store_metrics.h"

namespace tomada::cached_store {
namespace {

Counter Lookups(const Metrics& metrics, const char* result) {
  return metrics.counter("tomada_cache_lookups_total", "Keys looked up in the cache.", {{"result", result}});
}

}  // namespace

StoreMetrics::StoreMetrics(const Metrics& metrics)
    : operations(metrics),
      hits(Lookups(metrics, "hit")),
      misses(Lookups(metrics, "miss")),
      doubts(Lookups(metrics, "doubt")),
      pauses(metrics.counter("tomada_cache_pauses_total", "Times that a cache that failed was left alone.")),
      shared(metrics.counter("tomada_cache_shared_reads_total", "Reads that waited for another's of the same key.")) {}

}  // namespace tomada::cached_store
