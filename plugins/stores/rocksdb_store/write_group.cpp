#include "write_group.h"

#include <algorithm>
#include <utility>

#include "bytes.h"
#include "database.h"

namespace tomada::rocksdb_store {
namespace {

// As it is stored: to the millisecond, and nothing for a record that never ends.
std::optional<absl::Time> StoredExpiry(const WriteRequest& request, absl::Time now) {
  const absl::Time time = request.record.expires_at.value_or(now + request.table->default_ttl);
  if (time == absl::InfiniteFuture()) return std::nullopt;
  return absl::FromUnixMillis(absl::ToUnixMillis(time));
}

}  // namespace

WriteGroup::WriteGroup(rocksdb::DB& database, VersionSource& versions, std::set<std::string>& recorded_tables)
    : database_(database), versions_(versions), recorded_tables_(recorded_tables) {}

void WriteGroup::Begin(absl::Time now, bool full) {
  now_ = now;
  now_millis_ = MillisOf(now);
  full_ = full;
}

// Reads first, all that may fail; then writes, none of which does.
absl::StatusOr<Written> WriteGroup::Apply(const WriteRequest& request) {
  const std::string& table = request.table->name;
  const std::string operation_key = OperationKey(table, request.record.id, request.operation.id);
  absl::StatusOr<std::optional<Written>> replayed = Replay(request, operation_key);
  if (!replayed.ok()) return NotApplied(replayed.status());
  if (replayed->has_value()) return **std::move(replayed);

  Change change{request, std::nullopt, false};
  absl::StatusOr<std::optional<std::string>> stored = Read(RecordKey(table, request.record.id));
  if (!stored.ok()) return NotApplied(stored.status());
  if (stored->has_value()) {
    change.present = DecodeRecord(request.record.id, **stored);
    if (!change.present) return NotApplied(Unreadable());
    change.live = IsLive(*change.present, now_millis_);
  }
  if (absl::Status refused = CheckState(change); !refused.ok()) return NotApplied(std::move(refused));
  if (change.present) {
    if (absl::Status failed = Detach(table, *change.present); !failed.ok()) return NotApplied(std::move(failed));
  }

  Written written;
  written.memo = request.operation.memo;
  written.version = request.kind == WriteKind::kRemove ? change.present->version : versions_.Next();
  if (request.kind != WriteKind::kRemove) Attach(request, written.version);
  Remember(request, operation_key, written.version);
  RecordTable(*request.table);
  return written;
}

absl::StatusOr<std::optional<Written>> WriteGroup::Replay(const WriteRequest& request,
                                                          const std::string& operation_key) {
  absl::StatusOr<std::optional<std::string>> stored = Read(operation_key);
  if (!stored.ok()) return stored.status();
  if (!stored->has_value()) return std::nullopt;
  std::optional<Remembered> result = DecodeRemembered(**stored);
  if (!result) return Unreadable();
  if (result->until <= now_millis_) return std::nullopt;
  if (result->request_digest != request.operation.request_digest) {
    return absl::InvalidArgumentError("the operation id was used before, for another request");
  }
  Written written;
  written.version = std::move(result->version);
  written.memo = std::move(result->memo);
  written.replayed = true;
  return written;
}

absl::Status WriteGroup::CheckState(const Change& change) {
  const WriteRequest& request = change.request;
  if (request.kind == WriteKind::kInsert && change.live) return TakenError("id");
  if ((request.kind == WriteKind::kUpdate || request.kind == WriteKind::kRemove) && !change.live) {
    return absl::NotFoundError("there is no such record");
  }
  if (request.expected_version && *request.expected_version != change.present->version) {
    return absl::AbortedError("the record has been changed since it was read");
  }
  return request.kind == WriteKind::kRemove ? absl::OkStatus() : CheckKeys(request);
}

absl::Status WriteGroup::CheckKeys(const WriteRequest& request) {
  for (const UniqueKey& key : request.record.unique_keys) {
    absl::StatusOr<std::optional<Holder>> holder = HolderOf(request.table->name, key);
    if (!holder.ok()) return holder.status();
    if (!holder->has_value()) continue;
    if ((*holder)->id != request.record.id && now_millis_ < (*holder)->expires) return TakenError(key.index);
  }
  if (full_) return absl::ResourceExhaustedError("the store's disk is nearly full: only removes are taken");
  return absl::OkStatus();
}

// An expired record may have lost its keys to another already.
absl::Status WriteGroup::Detach(const std::string& table, const Record& record) {
  std::vector<std::string> held;
  for (const UniqueKey& key : record.unique_keys) {
    absl::StatusOr<std::optional<Holder>> holder = HolderOf(table, key);
    if (!holder.ok()) return holder.status();
    if (holder->has_value() && (*holder)->id == record.id) held.push_back(UniqueIndexKey(table, key.index, key.value));
  }
  const std::string record_key = RecordKey(table, record.id);
  for (std::string& key : held) Delete(std::move(key));
  if (record.expires_at) Delete(ExpiryKey(ExpiryOf(record), record_key));
  Delete(record_key);
  return absl::OkStatus();
}

void WriteGroup::Attach(const WriteRequest& request, const std::string& version) {
  const std::string& table = request.table->name;
  Record record = request.record;
  record.version = version;
  record.expires_at = StoredExpiry(request, now_);
  const Millis expires = ExpiryOf(record);
  const std::string record_key = RecordKey(table, record.id);
  Put(record_key, EncodeRecord(record));
  if (record.expires_at) {
    Put(ExpiryKey(expires, record_key), std::string());
    open_.first_expiry = std::min(open_.first_expiry, expires);
  }
  for (const UniqueKey& key : record.unique_keys) {
    Put(UniqueIndexKey(table, key.index, key.value), EncodeHolder(record.id, expires));
  }
}

void WriteGroup::Remember(const WriteRequest& request, const std::string& operation_key, const std::string& version) {
  Remembered result;
  result.request_digest = request.operation.request_digest;
  result.version = version;
  result.memo = request.operation.memo;
  result.until = MillisOf(now_ + request.table->operation_retention);
  Put(operation_key, EncodeRemembered(result));
  if (result.until != kNever) open_.operation_expiries[result.until].push_back(operation_key);
}

void WriteGroup::RecordTable(const TableOptions& table) {
  if (!recorded_tables_.insert(table.name).second) return;
  open_.new_tables.push_back(table.name);
  Put(TableKey(table.name), EncodeIndexes(table.unique_indexes));
}

std::optional<size_t> WriteGroup::RemoveExpired(std::string_view expiry_key, std::string_view value) {
  const std::optional<Expiry> expiry = ParseExpiryKey(expiry_key);
  if (!expiry) return std::nullopt;
  size_t count = 1;
  if (IsOperationKey(expiry->key)) {
    bool read = RemoveOperation(std::string(expiry->key), expiry->time);
    ByteReader others(value);
    for (; read && !others.rest().empty(); ++count) {
      read = RemoveOperation(std::string(others.TakePart<uint16_t>()), expiry->time) && others.ok();
    }
    if (!read) return std::nullopt;
  } else if (!RemoveRecord(std::string(expiry->key), expiry->time)) {
    return std::nullopt;
  }
  Delete(std::string(expiry_key));
  return count;
}

bool WriteGroup::RemoveOperation(const std::string& key, Millis until) {
  absl::StatusOr<std::optional<std::string>> stored = Read(key);
  if (!stored.ok() || !stored->has_value()) return stored.ok();
  const std::optional<Remembered> result = DecodeRemembered(**stored);
  if (result && result->until == until) Delete(key);
  return result.has_value();
}

bool WriteGroup::RemoveRecord(const std::string& key, Millis expires) {
  absl::StatusOr<std::optional<std::string>> stored = Read(key);
  if (!stored.ok() || !stored->has_value()) return stored.ok();
  const std::optional<RecordName> name = ParseRecordKey(key);
  const std::optional<Record> record = name ? DecodeRecord(name->id, **stored) : std::nullopt;
  if (!record) return false;
  return ExpiryOf(*record) != expires || Detach(std::string(name->table), *record).ok();
}

void WriteGroup::Drop() {
  for (const std::string& table : open_.new_tables) recorded_tables_.erase(table);
  open_.Clear();
}

void WriteGroup::Seal() {
  open_.PutOperationExpiries();
  std::swap(open_, sealed_);
  open_.Clear();
}

rocksdb::Status WriteGroup::Commit(bool sync) {
  rocksdb::WriteOptions options;
  options.sync = sync;
  batch_.Clear();
  if (rocksdb::Status failed = sealed_.AddTo(batch_); !failed.ok()) return failed;
  return database_.Write(options, &batch_);
}

absl::StatusOr<std::optional<std::string>> WriteGroup::Read(const std::string& key) {
  for (const Changes* changes : {&open_, &sealed_}) {
    if (auto changed = changes->values.find(key); changed != changes->values.end()) return changed->second;
  }
  std::string value;
  const rocksdb::Status status = database_.Get(rocksdb::ReadOptions(), key, &value);
  if (status.IsNotFound()) return std::nullopt;
  if (!status.ok()) return ReadError(status);
  return value;
}

absl::StatusOr<std::optional<Holder>> WriteGroup::HolderOf(const std::string& table, const UniqueKey& key) {
  absl::StatusOr<std::optional<std::string>> stored = Read(UniqueIndexKey(table, key.index, key.value));
  if (!stored.ok()) return stored.status();
  if (!stored->has_value()) return std::nullopt;
  std::optional<Holder> holder = DecodeHolder(**stored);
  if (!holder) return Unreadable();
  return holder;
}

void WriteGroup::Put(std::string key, std::string value) {
  open_.values.insert_or_assign(std::move(key), std::move(value));
}

void WriteGroup::Delete(std::string key) { open_.values.insert_or_assign(std::move(key), std::nullopt); }

}  // namespace tomada::rocksdb_store
