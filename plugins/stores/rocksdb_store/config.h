#pragma once

#include <string>

#include "tomada/config.h"
#include "tomada/store.h"

namespace tomada::rocksdb_store {

struct Config : ConfigKeys<Config> {
  std::string path =
      Key("path", &Config::path)
          .Required()
          .Claims(Claim::kDirectory)
          .Help("The store's own directory, from the working directory when relative; made when missing, mode 0700.");
  Durability durability = Key("durability", &Config::durability, Durability::kSynced)
                              .OneOf({Durability::kSynced, Durability::kApplied})
                              .Help(
                                  "When a write is acknowledged: synced, when the disk has it; applied, when the "
                                  "kernel has it: it survives "
                                  "a crash of the process, and a power cut may take the last ones.");
  ByteSize cache_size = Key("cache_size", &Config::cache_size, {uint64_t{32} << 20})
                            .Range(ByteSize{1 << 20}, ByteSize{uint64_t{1} << 40})
                            .Help("Memory for data read from disk.");
  ByteSize min_free_space = Key("min_free_space", &Config::min_free_space, {uint64_t{64} << 20})
                                .Help("With less than this free on the disk only removes are taken; 0B: no check.");
  int max_queued_writes =
      Key("max_queued_writes", &Config::max_queued_writes, 4096)
          .Range(1, 1000000)
          .Help("Writes that may wait for the disk; more are refused with RESOURCE_EXHAUSTED at once.");
  ByteSize max_queued_bytes = Key("max_queued_bytes", &Config::max_queued_bytes, {uint64_t{64} << 20})
                                  .Range(ByteSize{2 << 20}, ByteSize{uint64_t{1} << 40})
                                  .Help("The same for the bytes of ids, values and keys that wait.");

  absl::Status Check() const { return path.empty() ? absl::InvalidArgumentError("`path` is empty") : absl::OkStatus(); }
};

}  // namespace tomada::rocksdb_store
