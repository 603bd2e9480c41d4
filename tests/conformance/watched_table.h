#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "conformance/watched_call.h"
#include "tomada/store.h"

namespace tomada::testing {

// A table whose calls return their results, each made under a call of its own and watched. To copy; thread-safe.
class WatchedTable {
 public:
  // Both outlive it.
  WatchedTable(Table& table, CallWatch& watch) : table_(&table), watch_(&watch) {}

  absl::StatusOr<RecordPtr> Get(std::string id) const;
  absl::StatusOr<std::vector<RecordPtr>> GetMany(std::vector<std::string> ids) const;
  absl::StatusOr<RecordPtr> Find(std::string index, std::string value) const;
  absl::StatusOr<Written> Insert(Record record, Operation operation = Operation()) const;
  absl::StatusOr<Written> Put(Record record, Operation operation = Operation()) const;
  absl::StatusOr<Written> Update(Record record, std::string expected_version, Operation operation = Operation()) const;
  absl::StatusOr<Written> Remove(std::string id, std::optional<std::string> expected_version = std::nullopt,
                                 Operation operation = Operation()) const;
  absl::StatusOr<Page> List(int page_size, std::string token = "") const;

  // The same for what must succeed: throws std::runtime_error, which fails the test, with the status instead.
  RecordPtr MustGet(std::string id) const;  // and must be there
  RecordPtr MustFind(std::string index, std::string value) const;
  std::string MustInsert(Record record) const;
  std::string MustPut(Record record) const;

  // All records, in pages of `page_size`.
  std::vector<RecordPtr> ListAll(int page_size) const;

 private:
  template <class T, class Begin>
  T Run(Begin begin) const;

  Table* table_;
  CallWatch* watch_;
};

}  // namespace tomada::testing
