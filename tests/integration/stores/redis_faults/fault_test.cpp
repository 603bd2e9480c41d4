#include "fault_test.h"

#include <algorithm>

#include <fmt/format.h>

#include "support/scheduling_noise.h"

namespace tomada::testing {

milliseconds Slack() { return WriteLog::DefaultSlack() * 4 + 5 * SchedulingNoise::Since(Clock::now() - seconds(10)); }

Load ModestLoad() {
  Load load;
  load.pause = milliseconds(4);
  return load;
}

FaultedStore::FaultedStore(redis_store::Config config, const TableOptions& options)
    : store_(std::make_unique<redis_store::RedisStore>(config, Logger(witness_, "redis"),
                                                       StatusReporter(witness_, "redis"))) {
  EXPECT_EQ(store_->Start(), absl::OkStatus());
  table_ = *store_->OpenTable(options);
}

FaultedStore::~FaultedStore() { Stop(); }

void FaultedStore::Stop(milliseconds grace) { EXPECT_EQ(store_->Stop(Clock::now() + grace), absl::OkStatus()); }

Readiness FaultedStore::readiness() const { return witness_->Of(); }

milliseconds FaultedStore::WaitFor(bool ready, milliseconds patience) {
  const Clock::time_point begin = Clock::now();
  const auto waited = [&] { return std::chrono::duration_cast<milliseconds>(Clock::now() - begin); };
  while (readiness().ready != ready) {
    if (waited() > patience) {
      ADD_FAILURE() << "still " << (ready ? "not ready: " : "ready") << readiness().reason;
      break;
    }
    std::this_thread::sleep_for(milliseconds(2));
  }
  return waited();
}

size_t FaultedStore::Logged(std::string_view message) const { return witness_->Logged(message); }

redis_store::Config ConfigFor(const std::string& address) {
  redis_store::Config config;
  config.url = Secret("redis://" + address);
  config.io_threads = 1;
  return config;
}

TableOptions FaultTable(const std::string& name) {
  TableOptions options(name);
  options.unique_indexes = {"email"};
  return options;
}

namespace {

void ExpectInTime(const Call& call, const absl::Status& status) {
  const Clock::time_point now = Clock::now();
  const auto late = std::chrono::duration_cast<milliseconds>(now - call.deadline());
  EXPECT_LE(late, WriteLog::DefaultSlack() + WriteLog::NoiseUntil(now)) << status;
}

}  // namespace

absl::StatusOr<Written> PutWithin(Table& table, milliseconds timeout, const Record& record, Operation operation) {
  TestCall call(timeout);
  absl::StatusOr<Written> written = Await(table.Put(call, std::move(operation), record));
  ExpectInTime(call, written.status());
  return written;
}

absl::StatusOr<RecordPtr> GetWithin(Table& table, milliseconds timeout, const std::string& id) {
  TestCall call(timeout);
  absl::StatusOr<RecordPtr> read = Await(table.Get(call, id));
  ExpectInTime(call, read.status());
  return read;
}

FaultTest::FaultTest() { SchedulingNoise::Listen(); }

void FaultTest::TearDown() { EXPECT_EQ(ProcessUsage::Now().descriptors, before_.descriptors); }

namespace {

redis_store::Config Changed(redis_store::Config config, const std::function<void(redis_store::Config&)>& change) {
  if (change) change(config);
  return config;
}

}  // namespace

ProxiedStore::ProxiedStore(const std::vector<std::string>& settings,
                           const std::function<void(redis_store::Config&)>& change)
    : server(settings), proxy(server.port()), store(Changed(ConfigFor(proxy.address()), change)) {
  store.WaitFor(true);
}

}  // namespace tomada::testing
