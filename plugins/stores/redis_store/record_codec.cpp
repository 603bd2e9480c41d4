#include "record_codec.h"

#include <algorithm>

#include <absl/strings/escaping.h>

namespace tomada::redis_store {
namespace {

constexpr size_t kVersionSize = 11;
constexpr size_t kTagSize = 16;

template <class Number>
void AppendBigEndian(std::string& out, Number number) {
  for (int shift = (sizeof number - 1) * 8; shift >= 0; shift -= 8) out += static_cast<char>(number >> shift);
}

// Takes bytes from the front. Once something was missing, everything is empty and ok() is false.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  bool ok() const { return ok_; }
  std::string_view rest() const { return rest_; }

  std::string_view Take(size_t size) {
    ok_ = ok_ && size <= rest_.size();
    if (!ok_) return {};
    std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  template <class Number>
  Number TakeBigEndian() {
    Number number = 0;
    for (unsigned char byte : Take(sizeof number)) number = static_cast<Number>(number << 8 | byte);
    return number;
  }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

// Nothing for never.
std::optional<absl::Time> TakeExpiry(Reader& reader) {
  const uint64_t expiry = reader.TakeBigEndian<uint64_t>();
  if (expiry == 0) return std::nullopt;
  return absl::FromUnixMillis(static_cast<int64_t>(expiry));
}

}  // namespace

absl::Status DamagedError() { return absl::DataLossError("what Redis holds there was not written by this store"); }

int64_t ToExpiryMillis(const std::optional<absl::Time>& expires_at, absl::Time now, absl::Duration default_ttl) {
  const absl::Time time = expires_at.value_or(now + default_ttl);
  if (time == absl::InfiniteFuture()) return 0;
  // 2^53: what Lua's numbers hold exactly. A time before 1970 is as past as 1970.
  return std::clamp<int64_t>(absl::ToUnixMillis(time), 1, int64_t{1} << 53);
}

void AppendRecordBody(std::string& out, const Record& record) {
  out += static_cast<char>(record.unique_keys.size());
  for (const UniqueKey& key : record.unique_keys) {
    out += static_cast<char>(key.index.size());
    out.append(key.index);
    KeyLayout::AppendUniqueTag(out, key);
    AppendBigEndian(out, static_cast<uint32_t>(key.value.size()));
    out.append(key.value);
  }
  out.append(record.value);
}

absl::StatusOr<RecordPtr> DecodeRecord(std::string&& id, std::string_view bytes) {
  Reader reader(bytes);
  if (bytes.size() > kMaxStoredRecord || reader.Take(1) != "1") return DamagedError();
  auto record = std::make_shared<Record>();
  record->version = EncodeVersion(reader.Take(kVersionSize));
  record->expires_at = TakeExpiry(reader);
  const uint8_t keys = reader.TakeBigEndian<uint8_t>();
  if (keys > 0) record->unique_keys.reserve(keys);
  for (uint8_t i = 0; i < keys && reader.ok(); ++i) {
    std::string_view index = reader.Take(reader.TakeBigEndian<uint8_t>());
    reader.Take(kTagSize);
    std::string_view value = reader.Take(reader.TakeBigEndian<uint32_t>());
    record->unique_keys.emplace_back(std::string(index), std::string(value));
  }
  if (!reader.ok()) return DamagedError();
  record->id = std::move(id);
  record->value = reader.rest();
  return record;
}

absl::StatusOr<Owner> DecodeOwner(std::string_view bytes) {
  Reader reader(bytes);
  Owner owner;
  owner.expires_at = TakeExpiry(reader);
  if (bytes.size() > kMaxStoredOwner || !reader.ok() || reader.rest().empty()) return DamagedError();
  owner.id = reader.rest();
  return owner;
}

std::string VersionSuffix(int bucket, const OperationId& operation) {
  std::string suffix;
  AppendBigEndian(suffix, static_cast<uint16_t>(bucket));
  suffix.append(reinterpret_cast<const char*>(operation.bytes().data()), 3);
  return suffix;
}

// By hand rather than with Abseil: 15 letters need no allocation, and this runs for every record read.
std::string EncodeVersion(std::string_view stored) {
  constexpr char kLetters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string version;
  unsigned bits = 0, count = 0;
  for (unsigned char byte : stored) {
    bits = bits << 8 | byte;
    for (count += 8; count >= 6; count -= 6) version += kLetters[bits >> (count - 6) & 63];
  }
  if (count > 0) version += kLetters[bits << (6 - count) & 63];
  return version;
}

std::optional<std::string> DecodeVersion(std::string_view version) {
  std::string stored;
  if (!absl::WebSafeBase64Unescape(std::string(version), &stored) || stored.size() != kVersionSize) return std::nullopt;
  return stored;
}

}  // namespace tomada::redis_store
