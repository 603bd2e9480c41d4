#pragma once

#include "tomada/config.h"

namespace tomada::memory_store {

struct Config : ConfigKeys<Config> {
  int shards = Key("shards", &Config::shards, 16)
                   .Range(1, 1024)
                   .Help("Parts of each table, each with a lock of its own; more help when many cores write.");
  ByteSize max_bytes =
      Key("max_bytes", &Config::max_bytes, {uint64_t{1} << 30})
          .Help(
              "About how much memory records and remembered operations may take before writes are refused; 0B: no "
              "limit.");
};

}  // namespace tomada::memory_store
