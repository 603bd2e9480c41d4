#include "table_data.h"

#include <chrono>

#include <absl/strings/escaping.h>
#include <absl/time/clock.h>

namespace first_store {

using namespace tomada;

namespace {

std::string Hex(const std::array<uint8_t, 16>& bytes) {
  return absl::BytesToHexString(std::string(bytes.begin(), bytes.end()));
}

// Operations are remembered by the monotonic clock, which nobody sets.
absl::Duration Uptime() { return absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch()); }

// As it is stored: to the millisecond, and nothing for a record that never ends.
std::optional<absl::Time> Expiry(const std::optional<absl::Time>& wanted, absl::Duration default_ttl) {
  const absl::Time time = wanted.value_or(absl::Now() + default_ttl);
  if (time == absl::InfiniteFuture()) return std::nullopt;
  return absl::FromUnixMillis(absl::ToUnixMillis(time));
}

}  // namespace

TableData::TableData(TableOptions options, size_t max_records)
    : options_(std::move(options)), max_records_(max_records), version_prefix_(Hex(OperationId::Random().bytes())) {}

absl::StatusOr<RecordPtr> TableData::Get(const std::string& id) {
  if (absl::Status wrong = CheckId(id); !wrong.ok()) return wrong;
  std::lock_guard lock(mutex_);
  return Live(id);
}

absl::StatusOr<RecordPtr> TableData::Find(const std::string& index, const std::string& value) {
  if (absl::Status wrong = CheckIndex(options_, index); !wrong.ok()) return wrong;
  std::lock_guard lock(mutex_);
  auto id = ids_by_key_.find({index, value});
  return id == ids_by_key_.end() ? nullptr : Live(std::string(id->second));
}

absl::StatusOr<Written> TableData::Write(std::string_view kind, const Operation& operation, Record record,
                                         const std::optional<std::string>& expected_version) {
  absl::Status wrong = CheckOperation(operation);
  wrong.Update(kind == kRemove ? NotApplied(CheckId(record.id)) : CheckRecord(options_, StoreCapabilities(), record));
  if (!wrong.ok()) return wrong;
  std::string digest = operation.request_digest;
  if (digest.empty()) digest = DigestOf(kind, record, expected_version.value_or(""));

  std::lock_guard lock(mutex_);
  ForgetOldOperations();
  if (auto past = operations_.find(operation.id.bytes()); past != operations_.end()) {
    if (past->second.digest == digest) return past->second.answer;
    return NotApplied(absl::InvalidArgumentError("the operation id was used before, for another request"));
  }
  RecordPtr old = Live(record.id);
  if (absl::Status refusal = Refusal(kind, record, expected_version, old); !refusal.ok()) return NotApplied(refusal);

  Written written;
  written.memo = operation.memo;
  if (old) Drop(old);
  if (kind == kRemove) {
    written.version = old->version;
  } else {
    written.version = record.version = version_prefix_ + std::to_string(++writes_);
    record.expires_at = Expiry(record.expires_at, options_.default_ttl);
    Keep(std::make_shared<Record>(std::move(record)));
  }
  Remember(operation, digest, written);
  return written;
}

absl::Status TableData::Refusal(std::string_view kind, const Record& record,
                                const std::optional<std::string>& expected_version, const RecordPtr& old) {
  if (kind == kInsert && old) return TakenError("id");
  if ((kind == kUpdate || kind == kRemove) && !old) return absl::NotFoundError("there is no such record");
  if (expected_version && *expected_version != old->version) {
    return absl::AbortedError("the record has been changed since it was read");
  }
  for (const UniqueKey& key : record.unique_keys) {
    auto holder = ids_by_key_.find({key.index, key.value});
    if (holder != ids_by_key_.end() && holder->second != record.id && Live(std::string(holder->second))) {
      return TakenError(key.index);
    }
  }
  if (kind != kRemove && !old && records_.size() >= max_records_) {
    return absl::ResourceExhaustedError("table " + options_.name + " is full: see max_records");
  }
  return absl::OkStatus();
}

absl::StatusOr<Page> TableData::List(int page_size, const std::string& token) {
  if (absl::Status wrong = CheckPageSize(page_size); !wrong.ok()) return wrong;
  const std::string after = token.size() < 32 ? "" : absl::HexStringToBytes(token.substr(32));
  if (!token.empty() && token != TokenAfter(after)) return absl::InvalidArgumentError("no page gave this token");

  std::lock_guard lock(mutex_);
  Page page;
  for (auto next = records_.upper_bound(after); next != records_.end();) {
    RecordPtr record = (next++)->second;
    if (!Live(record->id)) continue;  // dropped just now; `next` is past it
    if (page.records.size() == static_cast<size_t>(page_size)) {
      page.next_token = TokenAfter(page.records.back()->id);
      break;
    }
    page.records.push_back(record);
  }
  return page;
}

// The id in hexadecimal after a hash that only this table's tokens have.
std::string TableData::TokenAfter(const std::string& id) const {
  return Hex(OperationId::FromText(options_.name + ' ' + id).bytes()) + absl::BytesToHexString(id);
}

RecordPtr TableData::Live(const std::string& id) {
  auto found = records_.find(id);
  if (found == records_.end()) return nullptr;
  RecordPtr record = found->second;
  if (!record->expires_at || absl::Now() < *record->expires_at) return record;
  Drop(record);
  return nullptr;
}

void TableData::Keep(RecordPtr record) {
  for (const UniqueKey& key : record->unique_keys) ids_by_key_[{key.index, key.value}] = record->id;
  records_[record->id] = std::move(record);
}

void TableData::Drop(const RecordPtr& record) {
  for (const UniqueKey& key : record->unique_keys) ids_by_key_.erase({key.index, key.value});
  records_.erase(record->id);
}

void TableData::Remember(const Operation& operation, std::string digest, Written answer) {
  answer.replayed = true;
  operations_[operation.id.bytes()] = Remembered{std::move(digest), std::move(answer)};
  forget_at_.emplace_back(Uptime() + options_.operation_retention, operation.id.bytes());
}

void TableData::ForgetOldOperations() {
  const absl::Duration now = Uptime();
  for (; !forget_at_.empty() && forget_at_.front().first <= now; forget_at_.pop_front()) {
    operations_.erase(forget_at_.front().second);
  }
}

}  // namespace first_store
