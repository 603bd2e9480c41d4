// A table in memory, split into shards. The rules of tomada::Table are kept here, without coroutines.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "clock.h"
#include "locks.h"
#include "shard.h"
#include "tomada/store.h"
#include "version_source.h"

namespace tomada::memory_store {

enum class WriteKind { kInsert, kPut, kUpdate, kRemove };

// One call of Table::Insert, Put, Update or Remove.
struct WriteRequest {
  WriteRequest(WriteKind kind, Operation operation, Record record, std::optional<std::string> expected_version)
      : kind(kind),
        operation(std::move(operation)),
        record(std::make_shared<Record>(std::move(record))),
        expected_version(std::move(expected_version)) {}

  WriteKind kind;
  Operation operation;
  std::shared_ptr<Record> record;  // becomes the stored one; of a remove, only the id counts
  std::optional<std::string> expected_version;
};

// What all tables of a store share.
struct StoreParts {
  StoreParts(Clock clock, uint64_t max_bytes, uint64_t first_version)
      : clock(std::move(clock)), budget(max_bytes), versions(first_version) {}

  const Clock clock;
  const StoreCapabilities capabilities;
  Budget budget;
  VersionSource versions;
};

// Thread-safe. A read takes the lock of the one shard it looks into, and shares it with other reads. A write holds the
// locks of all shards it concerns, so that the whole of it happens at once.
class ShardedTable {
 public:
  // `options` are checked, `shards` is at least 1, `store` outlives the table.
  ShardedTable(TableOptions options, size_t shards, StoreParts& store);

  const TableOptions& options() const { return options_; }

  absl::StatusOr<RecordPtr> Get(const std::string& id) const;
  absl::StatusOr<RecordPtr> Find(const std::string& index, const std::string& value) const;
  absl::StatusOr<Page> List(int page_size, const std::string& token) const;
  absl::StatusOr<Written> Write(WriteRequest request);

  // Expired ones count until they are swept.
  uint64_t records() const;
  // Gives back the memory of expired records and forgotten operations. Holds a lock only for a few of them at a time.
  void Sweep();

 private:
  size_t NumberOf(std::string_view key) const;
  size_t NumberOf(const OperationId& id) const;
  Shard& ShardOf(const auto& key) { return shards_[NumberOf(key)]; }
  const Shard& ShardOf(const auto& key) const { return shards_[NumberOf(key)]; }
  // The position of a declared index in options().unique_indexes.
  size_t IndexNumber(std::string_view index) const;
  // Adds the shards of a record's keys; true when any was not there yet.
  bool AddKeyShards(const Record& record, ShardNumbers& numbers) const;

  // Calls act(present), `present` being the record under `id` or null, with the locks of shards `numbers`, of the id's
  // shard and of the shards of that record's keys.
  auto WithLocks(const std::string& id, ShardNumbers numbers, const auto& act);
  absl::Status Check(const WriteRequest& request) const;

  // With those locks:
  absl::StatusOr<Written> Apply(const WriteRequest& request, const RecordPtr& present);
  // Whether the write may be done as things are; `live` is the record under its id unless absent or expired.
  absl::Status CheckState(const WriteRequest& request, const Record* live, absl::Time now) const;
  void Attach(const RecordPtr& record);
  void Detach(const RecordPtr& record);

  const TableOptions options_;
  StoreParts& store_;
  std::deque<Shard> shards_;  // a deque, since a shard cannot move
};

}  // namespace tomada::memory_store
