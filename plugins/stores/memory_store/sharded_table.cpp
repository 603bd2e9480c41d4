#include "sharded_table.h"

#include <algorithm>

#include <fmt/format.h>

#include "page_token.h"

namespace tomada::memory_store {
namespace {

// How many records or operations a sweep takes away before it lets others have the lock.
constexpr size_t kSweepBatch = 64;

bool IsLive(const Record& record, absl::Time now) { return !record.expires_at || now < *record.expires_at; }

std::string_view KindText(WriteKind kind) {
  switch (kind) {
    case WriteKind::kInsert: return "insert";
    case WriteKind::kPut: return "put";
    case WriteKind::kUpdate: return "update";
    case WriteKind::kRemove: return "remove";
  }
  return "write";
}

// As it is stored: to the millisecond, and nothing for a record that never ends.
std::optional<absl::Time> Expiry(const std::optional<absl::Time>& wanted, absl::Time now, absl::Duration default_ttl) {
  const absl::Time time = wanted.value_or(now + default_ttl);
  if (time == absl::InfiniteFuture()) return std::nullopt;
  return absl::FromUnixMillis(absl::ToUnixMillis(time));
}

absl::StatusOr<Written> Replay(const Remembered& result, const Operation& operation) {
  if (result.request_digest != operation.request_digest) {
    return NotApplied(absl::InvalidArgumentError("the operation id was used before, for another request"));
  }
  Written written;
  written.version = result.version;
  written.memo = result.memo;
  written.replayed = true;
  return written;
}

}  // namespace

ShardedTable::ShardedTable(TableOptions options, size_t shards, StoreParts& store)
    : options_(std::move(options)), store_(store) {
  for (size_t i = 0; i < shards; ++i) shards_.emplace_back(options_.unique_indexes.size(), store_.budget);
}

size_t ShardedTable::NumberOf(std::string_view key) const { return KeyedHash()(key) % shards_.size(); }
size_t ShardedTable::NumberOf(const OperationId& id) const { return KeyedHash()(id) % shards_.size(); }

size_t ShardedTable::IndexNumber(std::string_view index) const {
  return std::ranges::find(options_.unique_indexes, index) - options_.unique_indexes.begin();
}

bool ShardedTable::AddKeyShards(const Record& record, ShardNumbers& numbers) const {
  bool added = false;
  for (const UniqueKey& key : record.unique_keys) added |= numbers.Add(NumberOf(key.value));
  return added;
}

absl::StatusOr<RecordPtr> ShardedTable::Get(const std::string& id) const {
  if (absl::Status wrong = CheckId(id); !wrong.ok()) return wrong;
  const Shard& shard = ShardOf(id);
  std::shared_lock lock(shard.mutex);
  RecordPtr record = shard.Find(id);
  if (record && record->expires_at && !IsLive(*record, store_.clock.now())) record = nullptr;
  return record;
}

absl::StatusOr<RecordPtr> ShardedTable::Find(const std::string& index, const std::string& value) const {
  if (absl::Status wrong = CheckIndex(options_, index); !wrong.ok()) return wrong;
  const Shard& shard = ShardOf(value);
  std::shared_lock lock(shard.mutex);
  RecordPtr record = shard.FindByKey(IndexNumber(index), value);
  if (record && record->expires_at && !IsLive(*record, store_.clock.now())) record = nullptr;
  return record;
}

// Ids never change their shard or their order, so a record that stays is met once and only once. At most page_size
// records are looked at, expired ones included; then the walk goes on just far enough to know whether there are more.
absl::StatusOr<Page> ShardedTable::List(int page_size, const std::string& token) const {
  if (absl::Status wrong = CheckPageSize(page_size); !wrong.ok()) return wrong;
  absl::StatusOr<Position> position = DecodeToken(options_.name, token);
  if (!position.ok()) return position.status();
  Page page;
  int seen = 0;
  for (; position->shard < shards_.size(); ++position->shard, position->after.clear()) {
    const Shard& shard = shards_[position->shard];
    std::shared_lock lock(shard.mutex);
    for (auto id = shard.ids().upper_bound(position->after); id != shard.ids().end(); ++id) {
      if (seen++ == page_size) {
        page.next_token = EncodeToken(options_.name, *position);
        return page;
      }
      position->after = *id;
      RecordPtr record = shard.Find(position->after);
      if (IsLive(*record, store_.clock.now())) page.records.push_back(std::move(record));
    }
  }
  return page;
}

absl::Status ShardedTable::Check(const WriteRequest& request) const {
  if (absl::Status wrong = CheckOperation(request.operation); !wrong.ok()) return wrong;
  if (request.kind == WriteKind::kRemove) return NotApplied(CheckId(request.record->id));
  return CheckRecord(options_, store_.capabilities, *request.record);
}

auto ShardedTable::WithLocks(const std::string& id, ShardNumbers numbers, const auto& act) {
  numbers.Add(NumberOf(id));
  RecordPtr present;  // outlives the locks, so that nothing large is freed under them
  for (;;) {
    WriteLocks locks(shards_, numbers);
    present = ShardOf(id).Find(id);
    if (!present || !AddKeyShards(*present, numbers)) return act(present);
    // It holds keys in shards that are not locked: let all go and take them again with those, in order. Each round adds
    // a shard, so there are few.
  }
}

absl::StatusOr<Written> ShardedTable::Write(WriteRequest request) {
  if (absl::Status wrong = Check(request); !wrong.ok()) return wrong;
  if (request.operation.request_digest.empty()) {
    request.operation.request_digest =
        DigestOf(KindText(request.kind), *request.record, request.expected_version.value_or(""));
  }
  ShardNumbers numbers;
  numbers.Add(NumberOf(request.operation.id));
  AddKeyShards(*request.record, numbers);
  return WithLocks(request.record->id, std::move(numbers),
                   [&](const RecordPtr& present) { return Apply(request, present); });
}

absl::StatusOr<Written> ShardedTable::Apply(const WriteRequest& request, const RecordPtr& present) {
  const absl::Duration uptime = store_.clock.uptime();
  Shard& operations = ShardOf(request.operation.id);
  if (const Remembered* result = operations.FindOperation(request.operation.id, uptime)) {
    return Replay(*result, request.operation);
  }
  const absl::Time now = store_.clock.now();
  const Record* live = present && IsLive(*present, now) ? present.get() : nullptr;
  if (absl::Status refused = CheckState(request, live, now); !refused.ok()) return NotApplied(std::move(refused));

  Written written;
  written.memo = request.operation.memo;
  if (request.kind == WriteKind::kRemove) {
    written.version = live->version;
    Detach(present);
  } else {
    request.record->version = written.version = store_.versions.Next();
    request.record->expires_at = Expiry(request.record->expires_at, now, options_.default_ttl);
    if (present) Detach(present);
    Attach(request.record);
  }
  operations.Remember(Remembered{request.operation.id, request.operation.request_digest, written.version, written.memo,
                                 uptime + options_.operation_retention});
  return written;
}

absl::Status ShardedTable::CheckState(const WriteRequest& request, const Record* live, absl::Time now) const {
  if (request.kind == WriteKind::kInsert && live) return TakenError("id");
  if ((request.kind == WriteKind::kUpdate || request.kind == WriteKind::kRemove) && !live) {
    return absl::NotFoundError("there is no such record");
  }
  if (request.expected_version && *request.expected_version != live->version) {
    return absl::AbortedError("the record has been changed since it was read");
  }
  if (request.kind == WriteKind::kRemove) return absl::OkStatus();
  for (const UniqueKey& key : request.record->unique_keys) {
    RecordPtr holder = ShardOf(key.value).FindByKey(IndexNumber(key.index), key.value);
    if (holder && holder->id != request.record->id && IsLive(*holder, now)) return TakenError(key.index);
  }
  if (store_.budget.full()) {
    return absl::ResourceExhaustedError(
        fmt::format("the memory store is full: {} bytes, its max_bytes, are in use", store_.budget.limit()));
  }
  return absl::OkStatus();
}

void ShardedTable::Attach(const RecordPtr& record) {
  ShardOf(record->id).Put(record);
  for (const UniqueKey& key : record->unique_keys) ShardOf(key.value).PutKey(IndexNumber(key.index), key.value, record);
}

void ShardedTable::Detach(const RecordPtr& record) {
  for (const UniqueKey& key : record->unique_keys) {
    ShardOf(key.value).EraseKey(IndexNumber(key.index), key.value, record);
  }
  ShardOf(record->id).Erase(record->id);
}

uint64_t ShardedTable::records() const {
  uint64_t records = 0;
  for (const Shard& shard : shards_) {
    std::shared_lock lock(shard.mutex);
    records += shard.size();
  }
  return records;
}

void ShardedTable::Sweep() {
  const absl::Time now = store_.clock.now();
  const absl::Duration uptime = store_.clock.uptime();
  const auto detach_expired = [&](const RecordPtr& present) {
    if (present && !IsLive(*present, now)) Detach(present);
  };
  for (Shard& shard : shards_) {
    std::vector<std::string> expired;
    do {
      {
        std::shared_lock lock(shard.mutex);
        expired = shard.Expired(now, kSweepBatch);
      }
      for (const std::string& id : expired) WithLocks(id, ShardNumbers(), detach_expired);
    } while (expired.size() == kSweepBatch);

    size_t forgotten;
    do {
      std::lock_guard lock(shard.mutex);
      forgotten = shard.ForgetOperations(uptime, kSweepBatch);
    } while (forgotten == kSweepBatch);
  }
}

}  // namespace tomada::memory_store
