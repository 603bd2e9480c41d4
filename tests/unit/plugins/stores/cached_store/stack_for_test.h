// A store, a cache and what is tested before them, as one component.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "cached_store.h"
#include "memory_store.h"
#include "redis_store.h"
#include "rocksdb_store.h"
#include "support/redis_server.h"
#include "support/sync_table.h"
#include "support/witness.h"

namespace tomada::testing {

inline Logger QuietLog() { return Logger(MakeStderrSink(LogLevel::kError), "store"); }
inline StatusReporter NoStatus() { return StatusReporter(std::make_shared<Witness>(), "store"); }

inline std::unique_ptr<Store> MakeMemory() {
  return std::make_unique<memory_store::MemoryStore>(memory_store::Config());
}
inline std::unique_ptr<Store> MakeRedisCache(const RedisServer& server, std::string prefix = "cache") {
  redis_store::Config config;
  config.url = Secret("redis://" + server.address());
  config.role = redis_store::Role::kCache;
  config.key_prefix = std::move(prefix);
  return std::make_unique<redis_store::RedisStore>(config, QuietLog(), NoStatus());
}
inline std::unique_ptr<Store> MakeRocksdb(const std::string& path) {
  rocksdb_store::Config config;
  config.path = path;
  return std::make_unique<rocksdb_store::RocksdbStore>(config, QuietLog(), NoStatus());
}

// Owns all three; starts and stops them in the host's order.
class Stack final : public Store {
 public:
  Stack(std::shared_ptr<Store> store, std::shared_ptr<Store> cache,
        cached_store::Config config = cached_store::Config())
      : store_(std::move(store)), cache_(std::move(cache)), cached_(config, *store_, *cache_, QuietLog()) {}

  absl::Status Start() override {
    for (Store* part : {store_.get(), cache_.get(), static_cast<Store*>(&cached_)}) {
      if (absl::Status failed = part->Start(); !failed.ok()) return failed;
    }
    return absl::OkStatus();
  }
  absl::Status Stop(Deadline grace) override {
    absl::Status status = cached_.Stop(grace);
    status.Update(cache_->Stop(grace));
    status.Update(store_->Stop(grace));
    return status;
  }
  absl::StatusOr<std::unique_ptr<Table>> OpenTable(TableOptions options) override {
    return cached_.OpenTable(std::move(options));
  }
  // In one process nothing old is given out: what tests allow to a store that says so is not allowed to this one.
  StoreCapabilities capabilities() const override {
    StoreCapabilities capabilities = cached_.capabilities();
    capabilities.staleness = absl::ZeroDuration();
    return capabilities;
  }
  cached_store::CachedStore& cached() { return cached_; }

 private:
  const std::shared_ptr<Store> store_, cache_;
  cached_store::CachedStore cached_;
};

}  // namespace tomada::testing
