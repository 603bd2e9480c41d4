#include "reader.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "keys.h"
#include "page_token.h"
#include "stored.h"

namespace tomada::rocksdb_store {
namespace {

// A thousand records of the largest size would be a gigabyte: a page ends when it holds so much.
constexpr size_t kPageBytes = size_t{4} << 20;

}  // namespace

bool Reader::IsLive(const Record& record) const {
  return !record.expires_at || rocksdb_store::IsLive(record, MillisOf(clock_()));
}

absl::StatusOr<RecordPtr> Reader::Read(std::string_view id) const {
  rocksdb::PinnableSlice stored;
  rocksdb::DB& db = database_.rocksdb();
  const rocksdb::Status status =
      db.Get(rocksdb::ReadOptions(), db.DefaultColumnFamily(), RecordKey(table_.name, id), &stored);
  if (status.IsNotFound()) return RecordPtr();
  if (!status.ok()) return ReadError(status);
  std::optional<Record> record = DecodeRecord(id, stored.ToStringView());
  if (!record) return Unreadable();
  return std::make_shared<const Record>(*std::move(record));
}

absl::StatusOr<RecordPtr> Reader::Get(std::string_view id) const {
  absl::StatusOr<RecordPtr> record = Read(id);
  if (record.ok() && *record && !IsLive(**record)) return RecordPtr();
  return record;
}

absl::StatusOr<std::optional<std::string>> Reader::HolderOf(std::string_view index, std::string_view value) const {
  std::string stored;
  const rocksdb::Status status =
      database_.rocksdb().Get(rocksdb::ReadOptions(), UniqueIndexKey(table_.name, index, value), &stored);
  if (status.IsNotFound()) return std::nullopt;
  if (!status.ok()) return ReadError(status);
  std::optional<Holder> holder = DecodeHolder(stored);
  if (!holder) return Unreadable();
  return std::move(holder->id);
}

// Key and record are read one after the other. When the record does not hold the key, another write has moved the key
// in between, and both are read again. The limit is for a damaged index, whose key names a record that never holds it.
absl::StatusOr<RecordPtr> Reader::Find(std::string_view index, std::string_view value) const {
  for (int attempt = 0; attempt < 100; ++attempt) {
    absl::StatusOr<std::optional<std::string>> holder = HolderOf(index, value);
    if (!holder.ok()) return holder.status();
    if (!holder->has_value()) return RecordPtr();
    absl::StatusOr<RecordPtr> record = Read(**holder);
    if (!record.ok()) return record;
    if (!*record) continue;
    const auto holds = [&](const UniqueKey& key) { return key.index == index && key.value == value; };
    if (std::ranges::any_of((*record)->unique_keys, holds)) return IsLive(**record) ? *record : RecordPtr();
  }
  return RecordPtr();
}

// Ids have a fixed order, so a record that stays comes exactly once. At most page_size records are read, expired ones
// included; one step more tells whether another page follows.
absl::StatusOr<Page> Reader::List(int page_size, std::string_view token) const {
  absl::StatusOr<std::string> after = DecodeToken(database_.token_key(), table_.name, token);
  if (!after.ok()) return after.status();
  const std::string prefix = RecordPrefix(table_.name);
  const std::string end = AfterPrefix(prefix);
  const rocksdb::Slice bound(end);
  rocksdb::ReadOptions options;
  options.iterate_upper_bound = &bound;
  const std::unique_ptr<rocksdb::Iterator> at(database_.rocksdb().NewIterator(options));
  Page page;
  size_t bytes = 0;
  int seen = 0;
  // The next possible id after `after` has one byte more.
  for (at->Seek(after->empty() ? prefix : prefix + *after + '\0'); at->Valid(); at->Next()) {
    if (seen++ == page_size || bytes > kPageBytes) {
      page.next_token = EncodeToken(database_.token_key(), table_.name, *after);
      return page;
    }
    after->assign(at->key().ToStringView().substr(prefix.size()));
    std::optional<Record> record = DecodeRecord(*after, at->value().ToStringView());
    if (!record) return Unreadable();
    if (!IsLive(*record)) continue;
    bytes += record->value.size();
    page.records.push_back(std::make_shared<const Record>(*std::move(record)));
  }
  if (!at->status().ok()) return ReadError(at->status());
  return page;
}

}  // namespace tomada::rocksdb_store
