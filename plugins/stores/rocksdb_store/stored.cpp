#include "stored.h"

#include "bytes.h"

namespace tomada::rocksdb_store {
namespace {

constexpr char kEncoding = 1;

std::string Begin(size_t size) {
  std::string out;
  out.reserve(1 + size);
  out += kEncoding;
  return out;
}

bool TakeEncoding(ByteReader& reader) { return reader.TakeNumber<uint8_t>() == kEncoding; }

}  // namespace

std::string EncodeRecord(const Record& record) {
  size_t size = 32 + record.version.size() + record.value.size();
  for (const UniqueKey& key : record.unique_keys) size += 8 + key.index.size() + key.value.size();
  std::string out = Begin(size);
  AppendNumber(out, static_cast<uint64_t>(ExpiryOf(record)));
  AppendPart<uint8_t>(out, record.version);
  AppendNumber(out, static_cast<uint16_t>(record.unique_keys.size()));
  for (const UniqueKey& key : record.unique_keys) {
    AppendPart<uint8_t>(out, key.index);
    AppendPart<uint32_t>(out, key.value);
  }
  out += record.value;
  return out;
}

std::optional<Record> DecodeRecord(std::string_view id, std::string_view bytes) {
  ByteReader reader(bytes);
  if (!TakeEncoding(reader)) return std::nullopt;
  Record record;
  record.id = id;
  const Millis expires = static_cast<Millis>(reader.TakeNumber<uint64_t>());
  if (expires != kNever) record.expires_at = absl::FromUnixMillis(expires);
  record.version = reader.TakePart<uint8_t>();
  for (uint16_t left = reader.TakeNumber<uint16_t>(); left > 0 && reader.ok(); --left) {
    std::string index(reader.TakePart<uint8_t>());
    record.unique_keys.emplace_back(std::move(index), std::string(reader.TakePart<uint32_t>()));
  }
  if (!reader.ok()) return std::nullopt;
  record.value = reader.rest();
  return record;
}

std::string EncodeHolder(std::string_view id, Millis expires) {
  std::string out = Begin(sizeof expires + id.size());
  AppendNumber(out, static_cast<uint64_t>(expires));
  out += id;
  return out;
}

std::optional<Holder> DecodeHolder(std::string_view bytes) {
  ByteReader reader(bytes);
  if (!TakeEncoding(reader)) return std::nullopt;
  Holder holder;
  holder.expires = static_cast<Millis>(reader.TakeNumber<uint64_t>());
  if (!reader.ok()) return std::nullopt;
  holder.id = reader.rest();
  return holder;
}

std::string EncodeRemembered(const Remembered& result) {
  std::string out = Begin(16 + result.request_digest.size() + result.version.size() + result.memo.size());
  AppendNumber(out, static_cast<uint64_t>(result.until));
  AppendPart<uint32_t>(out, result.request_digest);
  AppendPart<uint8_t>(out, result.version);
  out += result.memo;
  return out;
}

std::optional<Remembered> DecodeRemembered(std::string_view bytes) {
  ByteReader reader(bytes);
  if (!TakeEncoding(reader)) return std::nullopt;
  Remembered result;
  result.until = static_cast<Millis>(reader.TakeNumber<uint64_t>());
  result.request_digest = reader.TakePart<uint32_t>();
  result.version = reader.TakePart<uint8_t>();
  if (!reader.ok()) return std::nullopt;
  result.memo = reader.rest();
  return result;
}

std::string EncodeIndexes(const std::vector<std::string>& indexes) {
  std::string out = Begin(0);
  for (const std::string& index : indexes) AppendPart<uint8_t>(out, index);
  return out;
}

std::optional<std::vector<std::string>> DecodeIndexes(std::string_view bytes) {
  ByteReader reader(bytes);
  if (!TakeEncoding(reader)) return std::nullopt;
  std::vector<std::string> indexes;
  while (reader.ok() && !reader.rest().empty()) indexes.emplace_back(reader.TakePart<uint8_t>());
  if (!reader.ok()) return std::nullopt;
  return indexes;
}

}  // namespace tomada::rocksdb_store
