// What the fault tests of redis_store share.
//
// Each comes in two lengths: see LongForm.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "redis_store.h"
#include "support/fault_proxy.h"
#include "support/load_driver.h"
#include "support/long_form.h"
#include "support/process_usage.h"
#include "support/redis_server.h"
#include "support/sync_table.h"
#include "support/witness.h"
#include "support/write_log.h"
#include "tomada/log.h"
#include "tomada/readiness.h"

namespace tomada::testing {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;
using Code = absl::StatusCode;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

template <class T>
T ShortOrLong(T short_form, T long_form) {
  return LongForm() ? long_form : short_form;
}

// What a store must keep to, and what the machine adds to it.
inline constexpr milliseconds kNoticed{2000};    // a server that does not answer
inline constexpr milliseconds kRecovered{2000};  // once the server is there again
milliseconds Slack();

// A load that leaves the machine room for the server, the faults and other tests.
Load ModestLoad();

// An empty table, new in each test: the server is.
TableOptions FaultTable(const std::string& name = "t");

// A started store, its table and what it says of itself.
class FaultedStore {
 public:
  explicit FaultedStore(redis_store::Config config, const TableOptions& options = FaultTable());
  ~FaultedStore();

  redis_store::RedisStore& store() { return *store_; }
  Table& table() { return *table_; }
  SyncTable sync() { return SyncTable(*table_); }

  Readiness readiness() const;
  // Waits until it is ready, or is not; how long that took. Fails the test when it takes longer than `patience`.
  milliseconds WaitFor(bool ready, milliseconds patience = seconds(20));
  // How many log lines with this message it has written.
  size_t Logged(std::string_view message) const;

  void Stop(milliseconds grace = seconds(5));

 private:
  const std::shared_ptr<Witness> witness_ = std::make_shared<Witness>();
  std::unique_ptr<redis_store::RedisStore> store_;
  std::unique_ptr<Table> table_;
};

redis_store::Config ConfigFor(const std::string& address);
// A call's result when it ends within `timeout` and the slack; the test fails when it takes longer.
absl::StatusOr<Written> PutWithin(Table& table, milliseconds timeout, const Record& record,
                                  Operation operation = Operation());
absl::StatusOr<RecordPtr> GetWithin(Table& table, milliseconds timeout, const std::string& id);

// Checks that the test leaves no descriptor behind.
class FaultTest : public ::testing::Test {
 protected:
  FaultTest();
  void TearDown() override;

 private:
  const ProcessUsage before_ = ProcessUsage::Now();
};

// A server, a proxy in front of it, and a store that knows only the proxy.
struct ProxiedStore {
  explicit ProxiedStore(const std::vector<std::string>& settings = {},
                        const std::function<void(redis_store::Config&)>& change = {});

  RedisServer server;
  FaultProxy proxy;
  FaultedStore store;
  WriteLog log;
};

}  // namespace tomada::testing
