#include "changes.h"

#include <algorithm>
#include <utility>

#include "bytes.h"

namespace tomada::rocksdb_store {

void Changes::Clear() {
  values.clear();
  operation_expiries.clear();
  new_tables.clear();
  first_expiry = kNever;
}

void Changes::PutOperationExpiries() {
  for (const auto& [until, keys] : operation_expiries) {
    std::string others;
    for (size_t i = 1; i < keys.size(); ++i) AppendPart<uint16_t>(others, keys[i]);
    values.insert_or_assign(ExpiryKey(until, keys.front()), std::move(others));
    first_expiry = std::min(first_expiry, until);
  }
}

rocksdb::Status Changes::AddTo(rocksdb::WriteBatch& batch) const {
  for (const auto& [key, value] : values) {
    const rocksdb::Status added = value ? batch.Put(key, *value) : batch.Delete(key);
    if (!added.ok()) return added;
  }
  return rocksdb::Status::OK();
}

}  // namespace tomada::rocksdb_store
