// A store without a host.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "rocksdb_store.h"
#include "support/witness.h"

namespace tomada::rocksdb_store {

using testing::Witness;

inline std::unique_ptr<RocksdbStore> MakeStore(const Config& config, Surroundings surroundings = Surroundings(),
                                               std::shared_ptr<Witness> witness = std::make_shared<Witness>(),
                                               const Metrics& metrics = {}) {
  return std::make_unique<RocksdbStore>(config, Logger(witness, "store"), StatusReporter(witness, "store"), metrics,
                                        std::move(surroundings));
}

inline Config ConfigFor(const std::string& path) {
  Config config;
  config.path = path;
  return config;
}

}  // namespace tomada::rocksdb_store
