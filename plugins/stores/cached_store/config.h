#pragma once

#include <string>

#include "tomada/config.h"
#include "tomada/store.h"

namespace tomada::cached_store {

struct Config {
  absl::Duration ttl = absl::Seconds(30);
  absl::Duration negative_ttl = absl::Seconds(5);
  absl::Duration cache_timeout = absl::Milliseconds(50);
  absl::Duration cache_pause = absl::Seconds(1);
  std::string table_prefix = "cached_";

  static void Describe(ConfigDescription<Config>& d) {
    d.Field("ttl", &Config::ttl)
        .Range(absl::Milliseconds(1), absl::Hours(24))
        .Help(
            "How long after it was read from the store a record may be given out of the cache. The same wherever the "
            "cache is shared.");
    d.Field("negative_ttl", &Config::negative_ttl)
        .Range(absl::ZeroDuration(), absl::Hours(24))
        .Help("The same for the knowledge that there is no such record, at most ttl; 0s: not kept.");
    d.Field("cache_timeout", &Config::cache_timeout)
        .Range(absl::Milliseconds(1), absl::Minutes(1))
        .Help("The longest that a call waits for the cache, each time it asks.");
    d.Field("cache_pause", &Config::cache_pause)
        .Range(absl::Milliseconds(1), absl::Hours(1))
        .Help("For so long a cache that has failed is left alone; then one call tries it again.");
    d.Field("table_prefix", &Config::table_prefix)
        .Help("Begins the name of each table in the cache: one for each store, where several share a cache.");
    d.Check(CheckConfig);
  }

  static absl::Status CheckConfig(const Config& config) {
    if (config.negative_ttl > config.ttl) return absl::InvalidArgumentError("`negative_ttl` is longer than `ttl`");
    // The rules of a table's name, with room for the hash that stands in for a long one.
    TableOptions table(config.table_prefix);
    if (config.table_prefix.size() <= 32 && CheckTableOptions(table).ok()) return absl::OkStatus();
    return absl::InvalidArgumentError("`table_prefix` is not [a-z0-9_]{1,32}");
  }
};

}  // namespace tomada::cached_store
