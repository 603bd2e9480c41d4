#pragma once

#include <string>

#include <absl/time/time.h>
#include <rocksdb/db.h>

#include "write_group.h"

namespace tomada::rocksdb_store {

// Deletes what has ended: expired records with their keys, and operations that need not be remembered any more. Reads
// do not depend on it, they compare times themselves. Used by the commit thread only.
class Sweep {
 public:
  // `database` outlives it.
  explicit Sweep(rocksdb::DB& database);

  // Adds the removal of what has ended by `now` to the group, a part at a time: true when there is more.
  bool AddTo(WriteGroup& group, absl::Time now);
  // Called with the first expiry of each committed group, which may lie before the point that the sweep has reached.
  void Lower(Millis first_expiry);
  // How many entries were skipped since the last call, because what they name cannot be read.
  size_t TakeUnreadable() { return std::exchange(unreadable_, 0); }

 private:
  rocksdb::DB& database_;
  // Expiry keys before this have been deleted. Starting here saves RocksDB the walk over their tombstones.
  std::string from_;
  size_t unreadable_ = 0;
};

}  // namespace tomada::rocksdb_store
