#pragma once

#include <string>

#include "tomada/config.h"
#include "tomada/store.h"

namespace tomada::cached_store {

struct Config : ConfigKeys<Config> {
  absl::Duration ttl =
      Key("ttl", &Config::ttl, absl::Seconds(30))
          .Range(absl::Milliseconds(1), absl::Hours(24))
          .Help(
              "How long after it was read from the store a record may be given out of the cache. The same wherever the "
              "cache is shared.");
  absl::Duration negative_ttl =
      Key("negative_ttl", &Config::negative_ttl, absl::Seconds(5))
          .Range(absl::ZeroDuration(), absl::Hours(24))
          .Help("The same for the knowledge that there is no such record, at most ttl; 0s: not kept.");
  absl::Duration cache_timeout = Key("cache_timeout", &Config::cache_timeout, absl::Milliseconds(50))
                                     .Range(absl::Milliseconds(1), absl::Minutes(1))
                                     .Help("The longest that a call waits for the cache, each time it asks.");
  absl::Duration cache_pause =
      Key("cache_pause", &Config::cache_pause, absl::Seconds(1))
          .Range(absl::Milliseconds(1), absl::Hours(1))
          .Help("For so long a cache that has failed is left alone; then one call tries it again.");
  std::string table_prefix =
      Key("table_prefix", &Config::table_prefix, "cached_")
          .Help("Begins the name of each table in the cache: one for each store, where several share a cache.");

  absl::Status Check() const {
    if (negative_ttl > ttl) return absl::InvalidArgumentError("`negative_ttl` is longer than `ttl`");
    // The rules of a table's name, with room for the hash that stands in for a long one.
    TableOptions table(table_prefix);
    if (table_prefix.size() <= 32 && CheckTableOptions(table).ok()) return absl::OkStatus();
    return absl::InvalidArgumentError("`table_prefix` is not [a-z0-9_]{1,32}");
  }
};

}  // namespace tomada::cached_store
