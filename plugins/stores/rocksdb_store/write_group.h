// The writes that go to disk together, in one batch with one sync.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include "changes.h"
#include "stored.h"
#include "version_source.h"
#include "write_request.h"

namespace tomada::rocksdb_store {

// Writes are serialised: each is validated against the database overlaid with the writes before it, those of the group
// that is being committed (sealed) and the earlier ones of its own group (open). Readers see nothing of a group before
// Commit. Not thread-safe, except that Commit may run while the open group is used.
class WriteGroup {
 public:
  // All outlive it. `recorded_tables`: tables whose unique indexes are in the database; Apply adds those it records.
  WriteGroup(rocksdb::DB& database, VersionSource& versions, std::set<std::string>& recorded_tables);

  // The time of the writes that follow. `full`: those that add data are refused.
  void Begin(absl::Time now, bool full);

  // Validates a write and adds it to the open group. Returns the answer to give once the group is on disk; a refused
  // write leaves nothing in the group.
  absl::StatusOr<Written> Apply(const WriteRequest& request);

  // Removes an expiry entry, and the record or the operations that it names unless they end at another time by now.
  // Returns how many it named; nothing when it cannot be read.
  std::optional<size_t> RemoveExpired(std::string_view expiry_key, std::string_view value);

  bool empty() const { return open_.empty(); }
  // Empties the open group.
  void Drop();

  // The open group becomes the sealed one, which Commit writes, and a new one is opened on top of it. Only after the
  // sealed one before has been committed.
  void Seal();
  bool sealed() const { return !sealed_.empty(); }
  // Writes the sealed group, durably when `sync`. Another thread may use the open group meanwhile, but not Seal it.
  rocksdb::Status Commit(bool sync);
  // The earliest expiry in the sealed group.
  Millis first_expiry() const { return sealed_.first_expiry; }

 private:
  // A write, and the record as it is before.
  struct Change {
    const WriteRequest& request;
    std::optional<Record> present;  // may have expired
    bool live = false;              // present and not expired
  };

  absl::StatusOr<std::optional<std::string>> Read(const std::string& key);
  absl::StatusOr<std::optional<Holder>> HolderOf(const std::string& table, const UniqueKey& key);

  // The answer to a repetition; nothing when the operation is not remembered.
  absl::StatusOr<std::optional<Written>> Replay(const WriteRequest& request, const std::string& operation_key);
  absl::Status CheckState(const Change& change);
  absl::Status CheckKeys(const WriteRequest& request);
  absl::Status Detach(const std::string& table, const Record& record);
  void Attach(const WriteRequest& request, const std::string& version);
  void Remember(const WriteRequest& request, const std::string& operation_key, const std::string& version);
  void RecordTable(const TableOptions& table);
  bool RemoveRecord(const std::string& key, Millis expires);
  bool RemoveOperation(const std::string& key, Millis until);

  void Put(std::string key, std::string value);
  void Delete(std::string key);

  rocksdb::DB& database_;
  VersionSource& versions_;
  std::set<std::string>& recorded_tables_;
  Changes open_, sealed_;
  rocksdb::WriteBatch batch_;  // Commit's own
  bool full_ = false;
  absl::Time now_;
  Millis now_millis_ = 0;
};

}  // namespace tomada::rocksdb_store
