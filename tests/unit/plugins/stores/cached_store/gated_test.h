// The base of the tests that look at a cached store from both sides.
#pragma once

#include <chrono>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "conformance/table_semantics.h"
#include "gate_store.h"
#include "stack_for_test.h"
#include "support/eventually.h"
#include "support/metric_numbers.h"
#include "support/sync_table.h"

namespace tomada::testing {

inline cached_store::Config LongLived() {
  cached_store::Config config;
  config.ttl = absl::Minutes(1);
  config.negative_ttl = absl::Minutes(1);
  config.cache_pause = absl::Milliseconds(1);
  return config;
}

// One process: a cached store with a table of its own handle. Several of them can share store and cache.
class Instance {
 public:
  Instance(Store& store, Store& cache, const cached_store::Config& config)
      : cached_(config, store, cache, QuietLog(), Metrics(registry_, "cached")) {
    EXPECT_EQ(cached_.Start(), absl::OkStatus());
    TableOptions options("users");
    options.unique_indexes = {"email"};
    table_ = *cached_.OpenTable(options);
  }
  ~Instance() { EXPECT_EQ(cached_.Stop(Deadline::max()), absl::OkStatus()); }

  SyncTable sync() { return SyncTable(*table_); }
  Table& table() { return *table_; }
  cached_store::CachedStore& cached() { return cached_; }
  std::map<std::string, double> numbers() const { return Numbers(*registry_); }

 private:
  const std::shared_ptr<MetricsRegistry> registry_ = std::make_shared<MetricsRegistry>();
  cached_store::CachedStore cached_;
  std::unique_ptr<Table> table_;
};

class GatedTest : public ::testing::Test {
 protected:
  using Read = absl::StatusOr<RecordPtr>;

  explicit GatedTest(const cached_store::Config& config = LongLived()) : first_(store_, cache_, config) {}

  SyncTable table() { return first_.sync(); }
  Instance& instance() { return first_; }
  Gate& store() { return store_.gate; }
  Gate& cache() { return cache_.gate; }

  // On a thread of its own, with `call` or a call of its own.
  std::future<Read> GetAside(std::string id, Call* call = nullptr) {
    return std::async(std::launch::async, [this, id, call] {
      TestCall own;
      return Await(first_.table().Get(call ? *call : own, id));
    });
  }
  // As a handler does. Whether it goes on on its call's executor is then `there`.
  Task<Read> GetAndLook(std::string id, Call& call, bool& there) {
    Read read = co_await first_.table().Get(call, std::move(id));
    there = call.executor().InThread();
    co_return read;
  }
  // A record that is in the cache.
  void PutAndRead(const Record& record) {
    ASSERT_THAT(table().Put(record), IsApplied());
    ASSERT_THAT(table().Get(record.id), HasValue(record.value));
  }
  // The store's own table, as another process has it that uses no cache.
  Table* DirectTable() {
    TableOptions options("users");
    options.unique_indexes = {"email"};
    direct_ = *store_.OpenTable(options);
    return direct_.get();
  }
  // So many reads follow another's read of the same key.
  void WaitForFollowers(double count) {
    EXPECT_TRUE(Eventually([&] { return first_.numbers()["tomada_cache_shared_reads_total{}"] >= count; }));
  }

  GateStore store_{MakeMemory()}, cache_{MakeMemory()};
  std::unique_ptr<Table> direct_;
  Instance first_;
};

}  // namespace tomada::testing
