// What a turn makes of the database.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <rocksdb/write_batch.h>

#include "keys.h"

namespace tomada::rocksdb_store {

struct Changes {
  // What becomes of each key: a value, or nothing. In order, so that no client can choose keys that are slow together,
  // and since RocksDB finds the place of a key sooner beside that of the one before.
  std::map<std::string, std::optional<std::string>> values;
  // Of operations that are remembered, by the time until which they are.
  std::map<Millis, std::vector<std::string>> operation_expiries;
  std::vector<std::string> new_tables;
  Millis first_expiry = kNever;  // the earliest time at which something of it ends

  bool empty() const { return values.empty(); }
  void Clear();

  // One entry for all operations that end together: the first in its key, the others in its value.
  void PutOperationExpiries();
  rocksdb::Status AddTo(rocksdb::WriteBatch& batch) const;
};

}  // namespace tomada::rocksdb_store
