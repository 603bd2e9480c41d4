#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "tomada/store.h"

namespace tomada::rocksdb_store {

enum class WriteKind { kInsert, kPut, kUpdate, kRemove };

// One call of Table::Insert, Put, Update or Remove, checked as far as it can be without the data.
struct WriteRequest {
  WriteRequest(std::shared_ptr<const TableOptions> table, WriteKind kind, Operation operation, Record record,
               std::optional<std::string> expected_version)
      : table(std::move(table)),
        kind(kind),
        operation(std::move(operation)),
        record(std::move(record)),
        expected_version(std::move(expected_version)) {}

  // About how many bytes of the client's it holds.
  size_t size() const {
    size_t size = record.id.size() + record.value.size() + operation.request_digest.size() + operation.memo.size();
    for (const UniqueKey& key : record.unique_keys) size += key.value.size();
    return size;
  }

  std::shared_ptr<const TableOptions> table;
  WriteKind kind;
  Operation operation;  // its request_digest is not empty
  Record record;        // of a remove, only the id counts
  std::optional<std::string> expected_version;
};

}  // namespace tomada::rocksdb_store
