#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "support/sync.h"
#include "tomada/store.h"

namespace tomada::testing {

// A table whose calls return their results, each made under a call of its own.
class SyncTable {
 public:
  // `table` outlives it.
  explicit SyncTable(Table& table) : table_(&table) {}

  absl::StatusOr<RecordPtr> Get(std::string id) const {
    TestCall call;
    return Await(table_->Get(call, std::move(id)));
  }
  absl::StatusOr<std::vector<RecordPtr>> GetMany(std::vector<std::string> ids) const {
    TestCall call;
    return Await(table_->GetMany(call, std::move(ids)));
  }
  absl::StatusOr<RecordPtr> Find(std::string index, std::string value) const {
    TestCall call;
    return Await(table_->Find(call, std::move(index), std::move(value)));
  }
  absl::StatusOr<Written> Insert(Record record, Operation operation = Operation()) const {
    TestCall call;
    return Await(table_->Insert(call, std::move(operation), std::move(record)));
  }
  absl::StatusOr<Written> Put(Record record, Operation operation = Operation()) const {
    TestCall call;
    return Await(table_->Put(call, std::move(operation), std::move(record)));
  }
  absl::StatusOr<Written> Update(Record record, std::string expected_version, Operation operation = Operation()) const {
    TestCall call;
    return Await(table_->Update(call, std::move(operation), std::move(record), std::move(expected_version)));
  }
  absl::StatusOr<Written> Remove(std::string id, std::optional<std::string> expected_version = std::nullopt,
                                 Operation operation = Operation()) const {
    TestCall call;
    return Await(table_->Remove(call, std::move(operation), std::move(id), std::move(expected_version)));
  }
  absl::StatusOr<Page> List(int page_size, std::string token = "") const {
    TestCall call;
    return Await(table_->List(call, page_size, std::move(token)));
  }

 private:
  Table* table_;
};

}  // namespace tomada::testing
