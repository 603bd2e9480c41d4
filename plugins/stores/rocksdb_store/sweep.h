#pragma once

#include <string>

#include <absl/time/time.h>
#include <rocksdb/db.h>

#include "turn.h"

namespace tomada::rocksdb_store {

// Takes away what has ended: expired records with their keys, forgotten operations. What may be seen does not depend on
// it. The commit thread has it.
class Sweep {
 public:
  // `database` outlives it.
  explicit Sweep(rocksdb::DB& database);

  // Adds to the turn the removal of what has ended by `now`, a part at a time: true when there is more.
  bool AddTo(Turn& turn, absl::Time now);
  // To be called with the first expiry of each committed turn: it may lie before the point that the sweep has reached.
  void Lower(Millis first_expiry);
  // Entries passed by because what they tell of cannot be read, since the last call.
  size_t TakeUnreadable() { return std::exchange(unreadable_, 0); }

 private:
  rocksdb::DB& database_;
  // Expiry keys before this have been dealt with. They leave traces that RocksDB would walk over each time.
  std::string from_;
  size_t unreadable_ = 0;
};

}  // namespace tomada::rocksdb_store
