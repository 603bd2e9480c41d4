#include "commands.h"

#include <absl/time/clock.h>
#include <fmt/format.h>

#include "record_codec.h"
#include "write_script.h"

namespace tomada::redis_store {
namespace {

// A GET of at most `limit` bytes and one more, which tells that there are more: nobody waits while a key of 500 MB
// comes over the connection. An absent key is an empty string, which this store never writes.
void AddGet(std::string& out, std::string_view key, int64_t limit) {
  CommandWriter(out, 4).Add("GETRANGE").Add(key).Add("0").Add(limit);
}

// The server lets a key live on for the millisecond in which it ends.
bool IsOver(const std::optional<absl::Time>& expires_at) { return expires_at && *expires_at <= absl::Now(); }

// The record in a reply to AddGet; null when absent or at its end.
absl::StatusOr<RecordPtr> ReadRecord(std::string&& id, const Reply& reply) {
  if (reply.type() != ReplyType::kString) return DamagedError();
  if (reply.text().empty()) return nullptr;
  absl::StatusOr<RecordPtr> record = DecodeRecord(std::move(id), reply.text());
  if (record.ok() && IsOver((*record)->expires_at)) return nullptr;
  return record;
}

}  // namespace

size_t GetRecord::Encode(const Session&, std::string& out) {
  thread_local std::string key;
  key.clear();
  AppendSubject(key, 0);
  AddGet(out, key, kMaxStoredRecord);
  return 1;
}

void GetRecord::AppendSubject(std::string& out, size_t) const { layout_.AppendRecord(out, layout_.BucketOf(id_), id_); }

absl::Status GetRecord::OnReply(size_t, const Reply& reply) {
  absl::StatusOr<RecordPtr> record = ReadRecord(std::move(id_), reply);
  if (!record.ok()) return record.status();
  result = *std::move(record);
  return absl::OkStatus();
}

size_t GetRecords::Encode(const Session&, std::string& out) {
  result.assign(ids_.size(), nullptr);
  std::string key;
  for (size_t i = 0; i < ids_.size(); ++i) {
    key.clear();
    AppendSubject(key, i);
    AddGet(out, key, kMaxStoredRecord);
  }
  return ids_.size();
}

void GetRecords::AppendSubject(std::string& out, size_t i) const {
  layout_.AppendRecord(out, layout_.BucketOf(ids_[i]), ids_[i]);
}

absl::Status GetRecords::OnReply(size_t i, const Reply& reply) {
  absl::StatusOr<RecordPtr> record = ReadRecord(std::string(ids_[i]), reply);
  if (!record.ok()) return record.status();
  result[i] = *std::move(record);
  return absl::OkStatus();
}

size_t GetOwner::Encode(const Session&, std::string& out) {
  std::string key;
  layout_.AppendUnique(key, key_);
  AddGet(out, key, kMaxStoredOwner);
  return 1;
}

void GetOwner::AppendSubject(std::string& out, size_t) const {
  out.append(layout_.unique_prefix()).append(key_.index).append(":{");
  KeyLayout::AppendUniqueTag(out, key_);
  out.append("}");
}

absl::Status GetOwner::OnReply(size_t, const Reply& reply) {
  result.clear();
  if (reply.type() != ReplyType::kString) return DamagedError();
  if (reply.text().empty()) return absl::OkStatus();
  absl::StatusOr<Owner> owner = DecodeOwner(reply.text());
  if (!owner.ok()) return owner.status();
  // A key lives on for a moment after its record, whose id may have been inserted anew.
  if (!IsOver(owner->expires_at)) result = std::move(owner->id);
  return absl::OkStatus();
}

size_t GetIds::Encode(const Session&, std::string& out) {
  result.clear();
  std::string key, from;
  for (int bucket = first_; bucket <= last_; ++bucket) {
    key.clear();
    AppendSubject(key, static_cast<size_t>(bucket - first_));
    from.assign(1, bucket == first_ && !after_.empty() ? '(' : '-');
    if (bucket == first_) from.append(after_);
    CommandWriter(out, 7).Add("ZRANGEBYLEX").Add(key).Add(from).Add("+").Add("LIMIT").Add(int64_t{0}).Add(limit_);
  }
  return static_cast<size_t>(last_ - first_ + 1);
}

void GetIds::AppendSubject(std::string& out, size_t i) const { layout_.AppendIds(out, first_ + static_cast<int>(i)); }

absl::Status GetIds::OnReply(size_t i, const Reply& reply) {
  if (reply.type() != ReplyType::kArray) return DamagedError();
  for (size_t id = 0; id < reply.size(); ++id) {
    if (!CheckId(reply[id].text()).ok()) return DamagedError();
    result.emplace_back(first_ + static_cast<int>(i), std::string(reply[id].text()));
  }
  return absl::OkStatus();
}

WriteRecord::WriteRecord(Call& call, const KeyLayout& layout, const TableOptions& options, const WriteRequest& request,
                         std::string_view stored_version, int64_t expiry)
    : Command(call, Kind::kWrite),
      layout_(layout),
      options_(options),
      request_(request),
      stored_version_(stored_version),
      expiry_(expiry),
      bucket_(layout.BucketOf(request.record.id)) {}

size_t WriteRecord::size() const {
  size_t size = request_.record.id.size() + request_.record.value.size();
  for (const UniqueKey& key : request_.record.unique_keys) size += 2 * key.value.size();  // in the record and as a key
  return size;
}

size_t WriteRecord::Encode(const Session& session, std::string& out) {
  thread_local std::string text;
  const auto fill = [&](auto append) {
    text.clear();
    append();
    return std::string_view(text);
  };
  const Record& record = request_.record;
  const std::vector<UniqueKey>& keys = record.unique_keys;
  CommandWriter command(out, 18 + 2 * keys.size());
  if (source_) {
    command.Add("EVAL").Add(kWriteScript);
  } else {
    command.Add("EVALSHA").Add(session.script_hash);
  }
  command.Add(static_cast<int64_t>(5 + keys.size()));
  command.Add(fill([&] { layout_.AppendRecord(text, bucket_, record.id); }));
  command.Add(fill([&] { layout_.AppendIds(text, bucket_); }));
  command.Add(fill([&] { layout_.AppendExpirations(text, bucket_); }));
  command.Add(fill([&] { layout_.AppendSequence(text, bucket_); }));
  command.Add(fill([&] { layout_.AppendOperation(text, bucket_, request_.operation.id); }));
  for (const UniqueKey& key : keys) command.Add(fill([&] { layout_.AppendUnique(text, key); }));

  const OperationId digest = OperationId::FromText(request_.operation.request_digest);
  command.Add(request_.kind).Add(stored_version_).Add(record.id);
  command.Add(std::string_view(reinterpret_cast<const char*>(digest.bytes().data()), digest.bytes().size()));
  command.Add(request_.operation.memo).Add(absl::ToInt64Milliseconds(options_.operation_retention)).Add(expiry_);
  command.Add(VersionSuffix(bucket_, request_.operation.id)).Add(layout_.unique_prefix());
  command.Add(fill([&] { AppendRecordBody(text, record); }));
  for (const UniqueKey& key : keys) command.Add(key.index);
  return 1;
}

void WriteRecord::AppendSubject(std::string& out, size_t) const {
  layout_.AppendRecord(out, bucket_, request_.record.id);
}

absl::Status WriteRecord::OnReply(size_t, const Reply& reply) {
  const std::string_view answer = reply.size() > 0 ? reply[0].text() : std::string_view();
  if (reply.size() == 3 && (answer == "applied" || answer == "replayed")) {
    result.version = EncodeVersion(reply[1].text());
    // After an attempt of its own whose reply was lost, this call is most likely who applied it.
    result.replayed = answer == "replayed" && !in_doubt;
    result.memo = answer == "replayed" ? std::string(reply[2].text()) : request_.operation.memo;
    return absl::OkStatus();
  }
  if (reply.size() == 2 && answer == "taken") return TakenError(reply[1].text());
  if (answer == "absent") return NotApplied(absl::NotFoundError("there is no such record"));
  if (answer == "changed") return NotApplied(absl::AbortedError("the record has been changed since it was read"));
  if (answer == "misused") {
    return NotApplied(absl::InvalidArgumentError("the operation id was used before, for another request"));
  }
  if (reply.size() == 2 && answer == "damaged") {
    absl::Status damaged = absl::DataLossError(fmt::format("its {} was not written by this store", reply[1].text()));
    // Where an operation's result is damaged, the operation may have been applied before.
    return reply[1].text() == "operation" ? damaged : NotApplied(std::move(damaged));
  }
  return DamagedError();
}

}  // namespace tomada::redis_store
