#include "cache_entry.h"

#include <cstdint>
#include <limits>
#include <memory>

#include <fmt/format.h>
#include <sodium.h>

namespace tomada::cached_store {
namespace {

constexpr char kFormat = '1';
constexpr size_t kMaxId = 512;
constexpr size_t kMaxName = 64;
constexpr uint64_t kNever = std::numeric_limits<uint64_t>::max();

void AddNumber(std::string& out, uint64_t number) {
  for (int byte = 0; byte < 8; ++byte) out += static_cast<char>(number >> (8 * byte));
}

void AddText(std::string& out, std::string_view text) {
  AddNumber(out, text.size());
  out += text;
}

// Reads what those wrote; once something is missing, it has failed and everything reads as empty.
class Parts {
 public:
  explicit Parts(std::string_view bytes) : rest_(bytes) {}

  uint64_t Number() {
    const std::string_view bytes = Take(8);
    uint64_t number = 0;
    for (size_t byte = 0; byte < bytes.size(); ++byte) {
      number |= static_cast<uint64_t>(static_cast<unsigned char>(bytes[byte])) << (8 * byte);
    }
    return number;
  }
  std::string Text() { return std::string(Take(Number())); }
  std::string_view Take(uint64_t size) {
    if (size > rest_.size()) {
      failed_ = true;
      rest_ = {};
      return {};
    }
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  std::string_view rest() const { return rest_; }
  bool failed() const { return failed_; }

 private:
  std::string_view rest_;
  bool failed_ = false;
};

void AddRecord(std::string& out, const Record& record) {
  AddText(out, record.version);
  AddNumber(out, record.expires_at ? static_cast<uint64_t>(absl::ToUnixMillis(*record.expires_at)) : kNever);
  AddNumber(out, record.unique_keys.size());
  for (const UniqueKey& key : record.unique_keys) {
    AddText(out, key.index);
    AddText(out, key.value);
  }
  out += record.value;
}

RecordPtr ReadRecord(Parts& parts, const std::string& id) {
  auto record = std::make_shared<Record>();
  record->id = id;
  record->version = parts.Text();
  const uint64_t expiry = parts.Number();
  if (expiry != kNever) record->expires_at = absl::FromUnixMillis(static_cast<int64_t>(expiry));
  for (uint64_t keys = parts.Number(); keys > 0 && !parts.failed(); --keys) {
    std::string index = parts.Text();
    record->unique_keys.emplace_back(std::move(index), parts.Text());
  }
  record->value = parts.rest();
  return parts.failed() ? nullptr : record;
}

std::string Sha256Of(std::string_view bytes) {
  std::string digest(crypto_hash_sha256_BYTES, '\0');
  crypto_hash_sha256(reinterpret_cast<unsigned char*>(digest.data()),
                     reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  return digest;
}

}  // namespace

std::string EncodeEntry(const CacheEntry& entry) {
  std::string bytes = {kFormat, static_cast<char>(entry.kind)};
  if (entry.kind == CacheEntry::Kind::kRecord) AddRecord(bytes, *entry.record);
  bytes += entry.owner;
  return bytes;
}

std::optional<CacheEntry> DecodeEntry(std::string_view bytes, const std::string& id) {
  if (bytes.size() < 2 || bytes[0] != kFormat) return std::nullopt;
  const auto kind = static_cast<CacheEntry::Kind>(bytes[1]);
  Parts parts(bytes.substr(2));
  switch (kind) {
    case CacheEntry::Kind::kAbsent: return CacheEntry::Absent();
    case CacheEntry::Kind::kOwner: return CacheEntry::Owner(std::string(parts.rest()));
    case CacheEntry::Kind::kRecord: break;
    default: return std::nullopt;
  }
  RecordPtr record = ReadRecord(parts, id);
  if (!record) return std::nullopt;
  return CacheEntry::Of(std::move(record));
}

std::string KeyOfId(std::string_view id) { return fmt::format("i{}", id); }

// An index's name holds no colon.
std::string KeyOfIndex(std::string_view index, std::string_view value) { return fmt::format("k{}:{}", index, value); }

// A hashed one begins with a character of its own, so that no other looks like it.
std::string CacheId(std::string_view salt, std::string_view key) {
  std::string whole = fmt::format(".{}{}", salt, key);
  if (whole.size() <= kMaxId) return whole;
  return fmt::format("#{}", Sha256Of(whole));
}

std::string CacheTableName(std::string_view prefix, std::string_view name) {
  std::string whole = fmt::format("{}{}", prefix, name);
  if (whole.size() <= kMaxName) return whole;
  const std::string digest = Sha256Of(name);
  std::string hashed(prefix);
  for (unsigned char byte : digest.substr(0, 16)) hashed += fmt::format("{:02x}", byte);
  return hashed;
}

}  // namespace tomada::cached_store
