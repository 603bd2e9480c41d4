#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "cached_table.h"
#include "config.h"
#include "tomada/log.h"
#include "tomada/store.h"

namespace tomada::cached_store {

// A cache before a store. What the store promises holds; what it holds may be given out as it was at most
// Config::ttl ago, and never as it was before a write that has ended in this process.
class CachedStore final : public Store {
 public:
  // `store` and `cache` outlive it.
  CachedStore(const Config& config, Store& store, Store& cache, Logger log, const Metrics& metrics = {});
  ~CachedStore() override;

  absl::Status Start() override;
  // Waits for what is on its way to the cache, at most a few times Config::cache_timeout.
  absl::Status Stop(Deadline grace) override;

  absl::StatusOr<std::unique_ptr<Table>> OpenTable(TableOptions options) override;
  StoreCapabilities capabilities() const override;

  // In all tables, the keys with something under way or in doubt: nothing is kept of the others.
  size_t keys_known() const;
  // Whether Stop has begun to wait for what is on its way.
  bool stopping() const { return shared_.background.awaited(); }

 private:
  static std::string MakeSalt(const Store& store);
  absl::StatusOr<std::unique_ptr<CacheTable>> OpenCacheTable(const TableOptions& options);
  Task<> KeepSweeping();
  void Sweep();

  const Config config_;
  Store& store_;
  Store& cache_;
  const std::string salt_;
  std::optional<Call> sweeping_;
  Shared shared_;
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<TableParts>> tables_;  // guarded by mutex_
};

}  // namespace tomada::cached_store
