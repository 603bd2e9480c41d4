#include "memory_store.h"

#include <condition_variable>
#include <stop_token>

#include <fmt/format.h>
#include <sodium.h>

namespace tomada::memory_store {
namespace {

constexpr std::chrono::seconds kSweepInterval{1};

uint64_t RandomNumber() {
  uint64_t number;
  randombytes_buf(&number, sizeof number);
  return number;
}

// Gives the rules of ShardedTable the shape of tomada::Table. The coroutines never suspend.
class MemoryTable final : public Table {
 public:
  MemoryTable(std::shared_ptr<ShardedTable> table, const StoreOperations& operations)
      : table_(std::move(table)), operations_(operations) {}

  Task<absl::StatusOr<RecordPtr>> Get(Call& call, std::string id) override {
    co_return Read(call, [&] { return table_->Get(id); });
  }

  Task<absl::StatusOr<std::vector<RecordPtr>>> GetMany(Call& call, std::vector<std::string> ids) override {
    co_return Read(call, [&] { return GetAll(call, ids); });
  }

  Task<absl::StatusOr<RecordPtr>> Find(Call& call, std::string index, std::string value) override {
    co_return Read(call, [&] { return table_->Find(index, value); });
  }

  Task<absl::StatusOr<Written>> Insert(Call& call, Operation operation, Record record) override {
    co_return Write(call, WriteRequest(WriteKind::kInsert, std::move(operation), std::move(record), std::nullopt));
  }

  Task<absl::StatusOr<Written>> Put(Call& call, Operation operation, Record record) override {
    co_return Write(call, WriteRequest(WriteKind::kPut, std::move(operation), std::move(record), std::nullopt));
  }

  Task<absl::StatusOr<Written>> Update(Call& call, Operation operation, Record record,
                                       std::string expected_version) override {
    co_return Write(
        call, WriteRequest(WriteKind::kUpdate, std::move(operation), std::move(record), std::move(expected_version)));
  }

  Task<absl::StatusOr<Written>> Remove(Call& call, Operation operation, std::string id,
                                       std::optional<std::string> expected_version) override {
    co_return Write(call, WriteRequest(WriteKind::kRemove, std::move(operation), Record(std::move(id), std::string()),
                                       std::move(expected_version)));
  }

  Task<absl::StatusOr<Page>> List(Call& call, int page_size, std::string token) override {
    co_return Read(call, [&] { return table_->List(page_size, token); });
  }

 private:
  auto Read(Call& call, const auto& act) -> decltype(act()) {
    using Result = decltype(act());
    return operations_.Ended(StoreOperations::Kind::kRead, call.cancelled() ? Result(call.status()) : act());
  }

  absl::StatusOr<std::vector<RecordPtr>> GetAll(Call& call, const std::vector<std::string>& ids) {
    std::vector<RecordPtr> records;
    records.reserve(ids.size());
    for (const std::string& id : ids) {
      if (call.cancelled()) return call.status();
      absl::StatusOr<RecordPtr> record = table_->Get(id);
      if (!record.ok()) return record.status();
      records.push_back(*std::move(record));
    }
    return records;
  }

  absl::StatusOr<Written> Write(Call& call, WriteRequest request) {
    using Result = absl::StatusOr<Written>;
    return operations_.Ended(StoreOperations::Kind::kWrite,
                             call.cancelled() ? Result(NotApplied(call.status())) : table_->Write(std::move(request)));
  }

  const std::shared_ptr<ShardedTable> table_;
  const StoreOperations& operations_;
};

}  // namespace

MemoryStore::MemoryStore(const Config& config, Clock clock, const Metrics& metrics)
    : shards_(config.shards), operations_(metrics), parts_(std::move(clock), config.max_bytes.bytes, RandomNumber()) {}

absl::Status MemoryStore::Start() {
  sweeper_ = std::jthread([this](std::stop_token stop) {
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any stopped;
    while (!stop.stop_requested()) {
      Sweep();
      stopped.wait_for(lock, stop, kSweepInterval, [] { return false; });
    }
  });
  return absl::OkStatus();
}

absl::Status MemoryStore::Stop(Deadline) {
  sweeper_.request_stop();
  if (sweeper_.joinable()) sweeper_.join();
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Table>> MemoryStore::OpenTable(TableOptions options) {
  if (absl::Status wrong = CheckTableOptions(options); !wrong.ok()) return wrong;
  std::lock_guard lock(mutex_);
  std::shared_ptr<ShardedTable>& table = tables_[options.name];
  if (table && table->options() != options) {
    return absl::FailedPreconditionError(fmt::format("table {} is open with other options", options.name));
  }
  if (!table) table = std::make_shared<ShardedTable>(std::move(options), shards_, parts_);
  return std::make_unique<MemoryTable>(table, operations_);
}

StoreCounters MemoryStore::counters() const {
  StoreCounters counters{0, bytes_used()};
  for (const auto& table : Tables()) *counters.records += table->records();
  return counters;
}

void MemoryStore::Sweep() {
  for (const auto& table : Tables()) table->Sweep();
}

std::vector<std::shared_ptr<ShardedTable>> MemoryStore::Tables() const {
  std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<ShardedTable>> tables;
  for (const auto& [name, table] : tables_) tables.push_back(table);
  return tables;
}

}  // namespace tomada::memory_store
