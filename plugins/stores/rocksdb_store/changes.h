// What a write group changes in the database.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <rocksdb/write_batch.h>

#include "keys.h"

namespace tomada::rocksdb_store {

struct Changes {
  // The new value of each key, or nothing when the key is deleted. Sorted: RocksDB inserts sorted keys faster, and
  // clients cannot slow it down with chosen keys as they could a hash table.
  std::map<std::string, std::optional<std::string>> values;
  // Keys of the operations to be remembered, by the time until which they are.
  std::map<Millis, std::vector<std::string>> operation_expiries;
  std::vector<std::string> new_tables;
  Millis first_expiry = kNever;  // the earliest expiry among them

  bool empty() const { return values.empty(); }
  void Clear();

  // One entry for all operations that end together: the first in its key, the others in its value.
  void PutOperationExpiries();
  rocksdb::Status AddTo(rocksdb::WriteBatch& batch) const;
};

}  // namespace tomada::rocksdb_store
