// The writes that go to disk together.
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

// Each write is judged against the database with the writes before it laid over it: those of the turn that is being
// written, then the earlier ones of its own. So writes happen one after another although a turn of them becomes durable
// at once and the next is judged meanwhile. Nothing is visible to anybody before Commit. Not thread-safe but for
// Commit.
class Turn {
 public:
  // All outlive the turn. `recorded_tables` are those whose options are in the database; those of the turn are added.
  Turn(rocksdb::DB& database, VersionSource& versions, std::set<std::string>& recorded_tables);

  // What follows happens at this time. `full`: what adds to the data is refused.
  void Begin(absl::Time now, bool full);

  // What the write is to be answered once the turn is on disk. A refused write leaves nothing in the turn.
  absl::StatusOr<Written> Apply(const WriteRequest& request);

  // Removes what an entry of the database under an expiry key tells of, if that has ended, and the entry. How many
  // things it told of; nothing when it cannot be read.
  std::optional<size_t> RemoveExpired(std::string_view expiry_key, std::string_view value);

  bool empty() const { return open_.empty(); }
  // As if nothing had been applied since the last Seal.
  void Drop();

  // What has been applied is to be committed; what is applied from now on builds upon it. The one before is committed.
  void Seal();
  bool sealed() const { return !sealed_.empty(); }
  // Makes what was sealed happen, durably when `sync`. Others may use the turn meanwhile, but not Seal it.
  rocksdb::Status Commit(bool sync);
  // The earliest time at which something ends of what was sealed.
  Millis first_expiry() const { return sealed_.first_expiry; }

 private:
  // A write's record as it is found and as it will be.
  struct Change {
    const WriteRequest& request;
    std::optional<Record> present;  // perhaps expired
    bool live = false;              // it is there, and not expired
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
