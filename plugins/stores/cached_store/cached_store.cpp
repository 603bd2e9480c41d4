#include "cached_store.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "tomada/wait.h"

namespace tomada::cached_store {
namespace {

constexpr std::chrono::milliseconds kSweepInterval{500};
// About 20 MB of doubtful keys before a whole table is doubted instead.
constexpr size_t kMaxKeys = 65536;
// Calls to the cache that a task makes one after another: a put, and the drops that follow it.
constexpr int kMostOnTheirWay = 4;
// A write to the cache is never tried again.
constexpr absl::Duration kOperationRetention = absl::Seconds(1);

}  // namespace

// A store that forgets what it had is one of this process alone, and at the next start another. What was read from it
// must not be found in a cache that lives longer.
std::string CachedStore::MakeSalt(const Store& store) {
  if (store.capabilities().survives_restart) return {};
  const OperationId random = OperationId::Random();
  return std::string(random.bytes().begin(), random.bytes().end());
}

CachedStore::CachedStore(const Config& config, Store& store, Store& cache, Logger log, const Metrics& metrics)
    : config_(config),
      store_(store),
      cache_(cache),
      salt_(MakeSalt(store)),
      shared_(absl::ToChronoNanoseconds(config.cache_pause), std::move(log), metrics) {}

CachedStore::~CachedStore() { (void)Stop(Deadline::min()); }

absl::Status CachedStore::Start() {
  shared_.home.Start();
  sweeping_.emplace(shared_.home.Of(nullptr), Deadline::max());
  if (shared_.background.Enter()) shared_.background.Run(KeepSweeping());
  return absl::OkStatus();
}

// What is on its way may still have to drop what writes made old: whoever shares the cache, or starts next, does not
// know of them. Calls made after that go to the store alone.
absl::Status CachedStore::Stop(Deadline grace) {
  if (sweeping_) sweeping_->Cancel(absl::CancelledError("the store stops"));
  const auto patience = absl::ToChronoNanoseconds(kMostOnTheirWay * config_.cache_timeout);
  shared_.background.WaitUntilIdle(std::min(grace, std::chrono::steady_clock::now() + patience));
  shared_.breaker.Shut();
  shared_.background.WaitUntilIdle();
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Table>> CachedStore::OpenTable(TableOptions options) {
  // The store has the last word on whether these options go together with those of an open table.
  absl::StatusOr<std::unique_ptr<Table>> table = store_.OpenTable(options);
  if (!table.ok()) return table.status();
  std::lock_guard lock(mutex_);
  std::shared_ptr<TableParts>& parts = tables_[options.name];
  if (!parts) {
    absl::StatusOr<std::unique_ptr<CacheTable>> cache = OpenCacheTable(options);
    if (!cache.ok()) return cache.status();
    parts = std::make_shared<TableParts>(std::move(options), *std::move(table), *std::move(cache),
                                         Lifetimes(config_.ttl, config_.negative_ttl), kMaxKeys, shared_);
  }
  return std::make_unique<CachedTable>(parts);
}

absl::StatusOr<std::unique_ptr<CacheTable>> CachedStore::OpenCacheTable(const TableOptions& options) {
  // The same options whatever the table's, so that several of these can share it.
  TableOptions cache_options(CacheTableName(config_.table_prefix, options.name));
  cache_options.operation_retention = kOperationRetention;
  absl::StatusOr<std::unique_ptr<Table>> table = cache_.OpenTable(std::move(cache_options));
  if (!table.ok()) return table.status();
  return std::make_unique<CacheTable>(*std::move(table), salt_, cache_.capabilities().max_value_bytes,
                                      absl::ToChronoNanoseconds(config_.cache_timeout), shared_.home, shared_.breaker);
}

StoreCapabilities CachedStore::capabilities() const {
  StoreCapabilities capabilities = store_.capabilities();
  capabilities.staleness += config_.ttl;
  return capabilities;
}

Task<> CachedStore::KeepSweeping() {
  Hop hop(sweeping_->executor());
  co_await hop;
  while ((co_await Sleep(*sweeping_, kSweepInterval)).ok()) Sweep();
}

void CachedStore::Sweep() {
  std::lock_guard lock(mutex_);
  for (const auto& [name, parts] : tables_) {
    if (parts) parts->reader.states().Sweep();
  }
}

size_t CachedStore::keys_known() const {
  std::lock_guard lock(mutex_);
  size_t keys = 0;
  for (const auto& [name, parts] : tables_) {
    if (parts) keys += parts->reader.states().size();
  }
  return keys;
}

}  // namespace tomada::cached_store
