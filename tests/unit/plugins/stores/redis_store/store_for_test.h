#pragma once

#include <memory>

#include "redis_store.h"
#include "support/witness.h"

namespace tomada::testing {

inline std::unique_ptr<redis_store::RedisStore> MakeRedisStore(
    const redis_store::Config& config, std::shared_ptr<Witness> witness = std::make_shared<Witness>(),
    const Metrics& metrics = {}) {
  return std::make_unique<redis_store::RedisStore>(config, Logger(witness, "store"), StatusReporter(witness, "store"),
                                                   metrics);
}

}  // namespace tomada::testing
