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
    co_return Counted(kRead, Read(call, CheckId(id), [&](const Reader& reader) { return reader.Get(id); }));
  }

  Task<absl::StatusOr<std::vector<RecordPtr>>> GetMany(Call& call, std::vector<std::string> ids) override {
    co_return Counted(kRead, GetAll(call, ids));
  }

  Task<absl::StatusOr<RecordPtr>> Find(Call& call, std::string index, std::string value) override {
    co_return Counted(kRead, Read(call, CheckIndex(*options_, index),
                                  [&](const Reader& reader) { return reader.Find(index, value); }));
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
    co_return Counted(kRead, Read(call, CheckPageSize(page_size),
                                  [&](const Reader& reader) { return reader.List(page_size, token); }));
  }

 private:
  using enum StoreOperations::Kind;

  template <typename T>
  absl::StatusOr<T> Counted(StoreOperations::Kind kind, absl::StatusOr<T> result) const {
    return engine_.metrics.operations.Ended(kind, std::move(result));
  }

  // `wrong`: what is wrong with the call's arguments, else OK.
  auto Read(Call& call, absl::Status wrong, const auto& act) -> decltype(act(std::declval<const Reader&>())) {
    if (call.cancelled()) return call.status();
    if (!wrong.ok()) return wrong;
    std::shared_lock lock(engine_.database_mutex);
    if (!engine_.database) return absl::UnavailableError("the store has been stopped");
    return act(Reader(*engine_.database, *options_, engine_.clock));
  }

  absl::StatusOr<std::vector<RecordPtr>> GetAll(Call& call, const std::vector<std::string>& ids) {
    std::vector<RecordPtr> records;
    records.reserve(ids.size());
    for (const std::string& id : ids) {
      absl::StatusOr<RecordPtr> record = Read(call, CheckId(id), [&](const Reader& reader) { return reader.Get(id); });
      if (!record.ok()) return record.status();
      records.push_back(*std::move(record));
    }
    return records;
  }

  absl::Status Check(const Call& call, WriteKind kind, const Operation& operation, const Record& record) const {
    if (call.cancelled()) return NotApplied(call.status());
    if (absl::Status wrong = CheckOperation(operation); !wrong.ok()) return wrong;
    if (kind == WriteKind::kRemove) return NotApplied(CheckId(record.id));
    return CheckRecord(*options_, engine_.capabilities, record);
  }

  // What needs no data is done here, on the caller's thread: the commit thread is one for all.
  Task<absl::StatusOr<Written>> Write(Call& call, WriteKind kind, Operation operation, Record record,
                                      std::optional<std::string> expected_version) {
    if (absl::Status wrong = Check(call, kind, operation, record); !wrong.ok()) {
      co_return Counted(kWrite, absl::StatusOr<Written>(std::move(wrong)));
    }
    if (operation.request_digest.empty()) {
      operation.request_digest = DigestOf(KindText(kind), record, expected_version.value_or(""));
    }
    WriteRequest request(options_, kind, std::move(operation), std::move(record), std::move(expected_version));
    absl::StatusOr<Written> written = co_await engine_.queue.Write(call, std::move(request));
    co_return Counted(kWrite, std::move(written));
  }

  Engine& engine_;
  const std::shared_ptr<const TableOptions> options_;
};

}  // namespace

std::unique_ptr<Table> MakeTable(Engine& engine, std::shared_ptr<const TableOptions> options) {
  return std::make_unique<RocksdbTable>(engine, std::move(options));
}

}  // namespace tomada::rocksdb_store
