#pragma once

#include <string>

#include "tomada/config.h"

namespace tomada::rocksdb_store {

struct Config {
  std::string path;
  std::string durability = "synced";
  ByteSize cache_size{uint64_t{32} << 20};
  ByteSize min_free_space{uint64_t{64} << 20};
  int max_queued_writes = 4096;
  ByteSize max_queued_bytes{uint64_t{64} << 20};

  static void Describe(ConfigDescription<Config>& d) {
    d.Field("path", &Config::path)
        .Required()
        .Help("The store's own directory, from the working directory when relative; made when missing, mode 0700.");
    d.Field("durability", &Config::durability)
        .OneOf({"synced", "applied"})
        .Help(
            "When a write is acknowledged: synced, when the disk has it; applied, when the kernel has it: it survives "
            "a crash of the process, and a power cut may take the last ones.");
    d.Field("cache_size", &Config::cache_size)
        .Range(ByteSize{1 << 20}, ByteSize{uint64_t{1} << 40})
        .Help("Memory for data read from disk.");
    d.Field("min_free_space", &Config::min_free_space)
        .Help("With less than this free on the disk only removes are taken; 0B: no check.");
    d.Field("max_queued_writes", &Config::max_queued_writes)
        .Range(1, 1000000)
        .Help("Writes waiting for their turn; more are refused with RESOURCE_EXHAUSTED at once.");
    d.Field("max_queued_bytes", &Config::max_queued_bytes)
        .Range(ByteSize{2 << 20}, ByteSize{uint64_t{1} << 40})
        .Help("The same for the bytes of ids, values and keys that wait.");
    d.Check([](const Config& config) -> absl::Status {
      if (!config.path.empty()) return absl::OkStatus();
      return absl::InvalidArgumentError("`path` is empty");
    });
  }
};

}  // namespace tomada::rocksdb_store
