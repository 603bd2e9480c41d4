#include "first_store.h"

#include <optional>
#include <utility>
#include <vector>

#include "tomada/plugin.h"

namespace first_store {
namespace {

using namespace tomada;

// The shape that the contract asks for. Nothing here waits, so each coroutine finishes without suspending.
class FirstStoreTable final : public Table {
 public:
  explicit FirstStoreTable(std::shared_ptr<TableData> data) : data_(std::move(data)) {}

  Task<absl::StatusOr<RecordPtr>> Get(Call& call, std::string id) override {
    if (call.cancelled()) co_return call.status();
    co_return data_->Get(id);
  }
  Task<absl::StatusOr<std::vector<RecordPtr>>> GetMany(Call& call, std::vector<std::string> ids) override {
    if (call.cancelled()) co_return call.status();
    std::vector<RecordPtr> records;
    for (const std::string& id : ids) {
      absl::StatusOr<RecordPtr> record = data_->Get(id);
      if (!record.ok()) co_return record.status();
      records.push_back(*record);
    }
    co_return records;
  }
  Task<absl::StatusOr<RecordPtr>> Find(Call& call, std::string index, std::string value) override {
    if (call.cancelled()) co_return call.status();
    co_return data_->Find(index, value);
  }
  Task<absl::StatusOr<Written>> Insert(Call& call, Operation operation, Record record) override {
    co_return Write(call, kInsert, operation, record, std::nullopt);
  }
  Task<absl::StatusOr<Written>> Put(Call& call, Operation operation, Record record) override {
    co_return Write(call, kPut, operation, record, std::nullopt);
  }
  Task<absl::StatusOr<Written>> Update(Call& call, Operation operation, Record record,
                                       std::string expected_version) override {
    co_return Write(call, kUpdate, operation, record, expected_version);
  }
  Task<absl::StatusOr<Written>> Remove(Call& call, Operation operation, std::string id,
                                       std::optional<std::string> expected_version) override {
    const Record record(id, "");
    co_return Write(call, kRemove, operation, record, expected_version);
  }
  Task<absl::StatusOr<Page>> List(Call& call, int page_size, std::string token) override {
    if (call.cancelled()) co_return call.status();
    co_return data_->List(page_size, token);
  }

 private:
  absl::StatusOr<Written> Write(Call& call, std::string_view kind, const Operation& operation, const Record& record,
                                const std::optional<std::string>& expected_version) {
    if (call.cancelled()) return NotApplied(call.status());
    return data_->Write(kind, operation, record, expected_version);
  }

  const std::shared_ptr<TableData> data_;
};

Plugin Describe() {
  Plugin plugin;
  plugin.name = "first_store";
  plugin.version = "0.1.0";
  plugin.kind = Kind::kStore;
  plugin.summary = "Keeps tables in memory behind one lock.";
  plugin.config = ConfigSchema::Of<Config>();
  plugin.create = [](const Context& context) -> absl::StatusOr<std::unique_ptr<Component>> {
    return std::make_unique<FirstStore>(context.config<Config>());
  };
  return plugin;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Table>> FirstStore::OpenTable(TableOptions options) {
  if (absl::Status wrong = CheckTableOptions(options); !wrong.ok()) return wrong;
  std::lock_guard lock(mutex_);
  std::shared_ptr<TableData>& data = tables_[options.name];
  if (!data) data = std::make_shared<TableData>(options, max_records_);
  if (data->options() != options) {
    return absl::FailedPreconditionError("table " + options.name + " is open with other options");
  }
  return std::make_unique<FirstStoreTable>(data);
}

}  // namespace first_store

TOMADA_PLUGIN(first_store::Describe)
