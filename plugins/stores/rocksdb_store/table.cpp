#include "table.h"

#include <utility>

#include "reader.h"

namespace tomada::rocksdb_store {
namespace {

std::string_view KindText(WriteKind kind) {
  switch (kind) {
    case WriteKind::kInsert: return "insert";
    case WriteKind::kPut: return "put";
    case WriteKind::kUpdate: return "update";
    case WriteKind::kRemove: return "remove";
  }
  return "write";
}

// Gives reads and the queue of writes the shape of tomada::Table. Only writes suspend.
class RocksdbTable final : public Table {
 public:
  RocksdbTable(Engine& engine, std::shared_ptr<const TableOptions> options)
      : engine_(engine), options_(std::move(options)) {}

  Task<absl::StatusOr<RecordPtr>> Get(Call& call, std::string id) override {
    if (call.cancelled()) co_return call.status();
    if (absl::Status wrong = CheckId(id); !wrong.ok()) co_return wrong;
    co_return Read([&](const Reader& reader) { return reader.Get(id); });
  }

  Task<absl::StatusOr<std::vector<RecordPtr>>> GetMany(Call& call, std::vector<std::string> ids) override {
    std::vector<RecordPtr> records;
    records.reserve(ids.size());
    for (const std::string& id : ids) {
      if (call.cancelled()) co_return call.status();
      if (absl::Status wrong = CheckId(id); !wrong.ok()) co_return wrong;
      absl::StatusOr<RecordPtr> record = Read([&](const Reader& reader) { return reader.Get(id); });
      if (!record.ok()) co_return record.status();
      records.push_back(*std::move(record));
    }
    co_return records;
  }

  Task<absl::StatusOr<RecordPtr>> Find(Call& call, std::string index, std::string value) override {
    if (call.cancelled()) co_return call.status();
    if (absl::Status wrong = CheckIndex(*options_, index); !wrong.ok()) co_return wrong;
    co_return Read([&](const Reader& reader) { return reader.Find(index, value); });
  }

  Task<absl::StatusOr<Written>> Insert(Call& call, Operation operation, Record record) override {
    return Write(call, WriteKind::kInsert, std::move(operation), std::move(record), std::nullopt);
  }

  Task<absl::StatusOr<Written>> Put(Call& call, Operation operation, Record record) override {
    return Write(call, WriteKind::kPut, std::move(operation), std::move(record), std::nullopt);
  }

  Task<absl::StatusOr<Written>> Update(Call& call, Operation operation, Record record,
                                       std::string expected_version) override {
    return Write(call, WriteKind::kUpdate, std::move(operation), std::move(record), std::move(expected_version));
  }

  Task<absl::StatusOr<Written>> Remove(Call& call, Operation operation, std::string id,
                                       std::optional<std::string> expected_version) override {
    return Write(call, WriteKind::kRemove, std::move(operation), Record(std::move(id), std::string()),
                 std::move(expected_version));
  }

  Task<absl::StatusOr<Page>> List(Call& call, int page_size, std::string token) override {
    if (call.cancelled()) co_return call.status();
    if (absl::Status wrong = CheckPageSize(page_size); !wrong.ok()) co_return wrong;
    co_return Read([&](const Reader& reader) { return reader.List(page_size, token); });
  }

 private:
  auto Read(const auto& act) -> decltype(act(std::declval<const Reader&>())) {
    std::shared_lock lock(engine_.database_mutex);
    if (!engine_.database) return absl::UnavailableError("the store has been stopped");
    return act(Reader(*engine_.database, *options_, engine_.clock));
  }

  absl::Status Check(WriteKind kind, const Operation& operation, const Record& record) const {
    if (absl::Status wrong = CheckOperation(operation); !wrong.ok()) return wrong;
    if (kind == WriteKind::kRemove) return NotApplied(CheckId(record.id));
    return CheckRecord(*options_, engine_.capabilities, record);
  }

  // What needs no data is done here, on the caller's thread: the commit thread is one for all.
  Task<absl::StatusOr<Written>> Write(Call& call, WriteKind kind, Operation operation, Record record,
                                      std::optional<std::string> expected_version) {
    if (call.cancelled()) co_return NotApplied(call.status());
    if (absl::Status wrong = Check(kind, operation, record); !wrong.ok()) co_return wrong;
    if (operation.request_digest.empty()) {
      operation.request_digest = DigestOf(KindText(kind), record, expected_version.value_or(""));
    }
    WriteRequest request(options_, kind, std::move(operation), std::move(record), std::move(expected_version));
    co_return co_await engine_.queue.Write(call, std::move(request));
  }

  Engine& engine_;
  const std::shared_ptr<const TableOptions> options_;
};

}  // namespace

std::unique_ptr<Table> MakeTable(Engine& engine, std::shared_ptr<const TableOptions> options) {
  return std::make_unique<RocksdbTable>(engine, std::move(options));
}

}  // namespace tomada::rocksdb_store
