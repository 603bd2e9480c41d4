// One part of a table: the records whose id falls to it, the index entries whose value does, and the results of the
// operations whose id does. No function here locks: the caller holds `mutex`, shared to read and alone to write.
#pragma once

#include <cstddef>
#include <list>
#include <set>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "budget.h"
#include "keyed_hash.h"
#include "tomada/store.h"

namespace tomada::memory_store {

// The result of a write that was applied.
struct Remembered {
  OperationId operation;
  std::string request_digest;
  std::string version;
  std::string memo;
  absl::Duration until;  // by Clock::uptime
};

class alignas(64) Shard {
 public:
  // `indexes`: how many unique indexes the table has. What the shard takes is added to `budget`, which outlives it.
  Shard(size_t indexes, Budget& budget) : budget_(budget), indexes_(indexes) {}

  mutable std::shared_mutex mutex;

  // Records. Expired ones are there like others until they are erased: whoever looks compares the time.
  RecordPtr Find(const std::string& id) const;
  // In the place of any record with the same id.
  void Put(RecordPtr record);
  void Erase(const std::string& id);
  size_t size() const { return records_.size(); }
  // In ascending order. Valid while the mutex is held.
  const std::set<std::string_view>& ids() const { return ids_; }
  // Ids of at most `count` records that have expired.
  std::vector<std::string> Expired(absl::Time now, size_t count) const;

  // Entries of the table's `index`-th unique index. They hold the record itself, so that finding one by a key takes one
  // lock and the entry of an expired record is known for what it is.
  RecordPtr FindByKey(size_t index, const std::string& value) const;
  void PutKey(size_t index, const std::string& value, RecordPtr record);
  // Nothing happens when the entry is another record's.
  void EraseKey(size_t index, const std::string& value, const RecordPtr& record);

  // Nullptr when nothing is remembered of it, or no longer. Valid while the mutex is held.
  const Remembered* FindOperation(const OperationId& id, absl::Duration uptime) const;
  // `result.until` never falls from one call to the next.
  void Remember(Remembered result);
  // Forgets at most `count` operations whose time is over; how many it forgot.
  size_t ForgetOperations(absl::Duration uptime, size_t count);

 private:
  template <class Value>
  using ByString = std::unordered_map<std::string, Value, KeyedHash, std::equal_to<>>;
  using ByAge = std::list<Remembered>;

  void Forget(ByAge::iterator operation);

  Budget& budget_;
  ByString<RecordPtr> records_;
  std::set<std::string_view> ids_;                                 // of records_, whose keys do not move
  std::set<std::pair<absl::Time, std::string_view>> expirations_;  // likewise
  std::vector<ByString<RecordPtr>> indexes_;
  ByAge operations_;  // oldest first
  std::unordered_map<OperationId, ByAge::iterator, KeyedHash> operations_by_id_;
};

}  // namespace tomada::memory_store
