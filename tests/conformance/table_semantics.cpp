#include "conformance/table_semantics.h"

#include <exception>
#include <latch>
#include <stdexcept>
#include <thread>

#include <absl/time/clock.h>

namespace tomada::testing {

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(TableSemantics);

void TableSemantics::SetUp() {
  Recreate();
  Start();
  table_options_ = NewTableOptions();
  table_ = Open(table_options_);
}

void TableSemantics::TearDown() {
  if (store_) {
    EXPECT_EQ(Stop(), absl::OkStatus());
  }
  Destroy();
  watch_.Check();
}

absl::Status TableSemantics::Stop(std::chrono::nanoseconds grace) {
  return store_->Stop(std::chrono::steady_clock::now() + grace);
}

void TableSemantics::Restart() {
  EXPECT_EQ(Stop(), absl::OkStatus());
  Recreate();
  Start();
  table_ = Open(table_options_);
}

void TableSemantics::Recreate() {
  Destroy();
  store_ = GetParam().make();
}

void TableSemantics::Start() {
  if (absl::Status started = store_->Start(); !started.ok()) {
    store_->Stop(std::chrono::steady_clock::now()).IgnoreError();
    store_.reset();
    throw std::runtime_error("the store does not start: " + started.ToString());
  }
  watch_.set_staleness(absl::ToChronoNanoseconds(store_->capabilities().staleness));
}

void TableSemantics::Destroy() {
  table_.reset();
  store_.reset();
}

TableOptions TableSemantics::NewTableOptions() {
  std::string name = "t";
  const OperationId random = OperationId::Random();
  for (uint8_t byte : random.bytes()) name += static_cast<char>('a' + byte % 26);
  TableOptions options(name);
  options.unique_indexes = {"email", "phone"};
  return options;
}

std::unique_ptr<Table> TableSemantics::Open(TableOptions options) {
  absl::StatusOr<std::unique_ptr<Table>> table = store_->OpenTable(std::move(options));
  if (!table.ok()) throw std::runtime_error("the table does not open: " + table.status().ToString());
  return *std::move(table);
}

Record RecordWithKeys(std::string id, std::string value, std::vector<UniqueKey> keys) {
  Record record(std::move(id), std::move(value));
  record.unique_keys = std::move(keys);
  return record;
}

Record RecordUntil(std::string id, std::string value, absl::Time expires_at) {
  Record record(std::move(id), std::move(value));
  record.expires_at = expires_at;
  return record;
}

absl::Time InMilliseconds(int from_now) { return absl::FromUnixMillis(absl::ToUnixMillis(absl::Now()) + from_now); }

void WaitUntil(absl::Time time) {
  while (absl::Now() < time) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

void InParallel(int count, const std::function<void(int)>& work) {
  std::latch begin(count);
  std::vector<std::jthread> threads;
  for (int i = 0; i < count; ++i) {
    threads.emplace_back([&, i] {
      begin.arrive_and_wait();
      try {
        work(i);
      } catch (const std::exception& error) {
        ADD_FAILURE() << "thread " << i << ": " << error.what();
      }
    });
  }
}

Operation WithMemo(std::string memo) {
  Operation operation;
  operation.memo = std::move(memo);
  return operation;
}

}  // namespace tomada::testing
