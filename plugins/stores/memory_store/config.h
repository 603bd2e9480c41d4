#pragma once

#include "tomada/config.h"

namespace tomada::memory_store {

struct Config {
  int shards = 16;
  ByteSize max_bytes{uint64_t{1} << 30};

  static void Describe(ConfigDescription<Config>& d) {
    d.Field("shards", &Config::shards)
        .Range(1, 1024)
        .Help("Parts of each table, each with a lock of its own; more help when many cores write.");
    d.Field("max_bytes", &Config::max_bytes)
        .Help(
            "About how much memory records and remembered operations may take before writes are refused; 0B: no "
            "limit.");
  }
};

}  // namespace tomada::memory_store
