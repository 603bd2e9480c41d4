#include "keys.h"

#include "bytes.h"

namespace tomada::rocksdb_store {
namespace {

// Of names, which have at most 64 bytes.
using NameLength = uint8_t;

std::string Begin(char kind, std::string_view table, size_t more) {
  std::string key;
  key.reserve(1 + sizeof(NameLength) + table.size() + more);
  key += kind;
  AppendPart<NameLength>(key, table);
  return key;
}

// Signed times sort as unsigned ones do once the sign is flipped.
constexpr uint64_t kSign = uint64_t{1} << 63;

}  // namespace

std::string RecordKey(std::string_view table, std::string_view id) {
  std::string key = Begin('r', table, id.size());
  key += id;
  return key;
}

std::string UniqueIndexKey(std::string_view table, std::string_view index, std::string_view value) {
  std::string key = Begin('u', table, sizeof(NameLength) + index.size() + value.size());
  AppendPart<NameLength>(key, index);
  key += value;
  return key;
}

std::string OperationKey(std::string_view table, std::string_view record_id, const OperationId& id) {
  std::string key = Begin('o', table, record_id.size() + id.bytes().size());
  key += record_id;
  key.append(reinterpret_cast<const char*>(id.bytes().data()), id.bytes().size());
  return key;
}

std::string ExpiryKey(Millis time, std::string_view key) {
  std::string expiry = ExpiryPrefix();
  AppendNumber(expiry, static_cast<uint64_t>(time) ^ kSign);
  expiry += key;
  return expiry;
}

std::string TableKey(std::string_view table) { return TablePrefix().append(table); }
std::string StoreKey(std::string_view name) { return std::string("m").append(name); }

std::string RecordPrefix(std::string_view table) { return Begin('r', table, 0); }
std::string TablePrefix() { return "t"; }
std::string ExpiryPrefix() { return "x"; }

std::string AfterPrefix(std::string prefix) {
  ++prefix.back();
  return prefix;
}

std::optional<RecordName> ParseRecordKey(std::string_view key) {
  if (!key.starts_with('r')) return std::nullopt;
  ByteReader reader(key.substr(1));
  const std::string_view table = reader.TakePart<NameLength>();
  if (!reader.ok()) return std::nullopt;
  return RecordName{table, reader.rest()};
}

bool IsOperationKey(std::string_view key) { return key.starts_with('o'); }

std::optional<Expiry> ParseExpiryKey(std::string_view key) {
  if (!key.starts_with('x')) return std::nullopt;
  ByteReader reader(key.substr(1));
  const uint64_t time = reader.TakeNumber<uint64_t>() ^ kSign;
  if (!reader.ok()) return std::nullopt;
  return Expiry{static_cast<Millis>(time), reader.rest()};
}

}  // namespace tomada::rocksdb_store
