#include "tomada/store.h"

#include <algorithm>

#include <fmt/format.h>
#include <sodium.h>

#include <absl/strings/cord.h>

namespace tomada {
namespace {

// Payloads that stay inside the process: their type URLs are not the client's (see status.h).
constexpr char kOutcomePayload[] = "tomada/write-outcome";
constexpr char kTakenPayload[] = "tomada/taken";

constexpr size_t kMaxId = 512;
constexpr size_t kMaxName = 64;
constexpr size_t kMaxMemo = 256;
constexpr int kMaxPageSize = 1000;

bool IsName(std::string_view text) {
  return !text.empty() && text.size() <= kMaxName && std::ranges::all_of(text, [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

// BLAKE2b: each write of each store is hashed, and this takes a third of SHA-256's time.
class PartsHash {
 public:
  PartsHash() { crypto_generichash_init(&state_, nullptr, 0, crypto_generichash_BYTES); }
  // Length first, so that no two lists of parts read alike.
  void Add(std::string_view part) {
    const uint64_t size = part.size();
    crypto_generichash_update(&state_, reinterpret_cast<const unsigned char*>(&size), sizeof size);
    crypto_generichash_update(&state_, reinterpret_cast<const unsigned char*>(part.data()), part.size());
  }
  std::string Finish() {
    std::array<unsigned char, crypto_generichash_BYTES> digest;
    crypto_generichash_final(&state_, digest.data(), digest.size());
    return std::string(digest.begin(), digest.end());
  }

 private:
  crypto_generichash_state state_;
};

}  // namespace

Table::~Table() = default;
Store::~Store() = default;
StoreCounters Store::counters() const { return {}; }

OperationId OperationId::Random() {
  OperationId id;
  randombytes_buf(id.bytes_.data(), id.bytes_.size());
  return id;
}

OperationId OperationId::FromText(std::string_view text) {
  std::array<unsigned char, crypto_hash_sha256_BYTES> digest;
  crypto_hash_sha256(digest.data(), reinterpret_cast<const unsigned char*>(text.data()), text.size());
  OperationId id;
  std::copy_n(digest.begin(), id.bytes_.size(), id.bytes_.begin());
  return id;
}

WriteOutcome OutcomeOf(const absl::Status& status) {
  auto payload = status.GetPayload(kOutcomePayload);
  return payload && *payload == "not applied" ? WriteOutcome::kNotApplied : WriteOutcome::kUnknown;
}

absl::Status NotApplied(absl::Status status) {
  status.SetPayload(kOutcomePayload, absl::Cord("not applied"));
  return status;
}

absl::Status TakenError(std::string_view index) {
  absl::Status status = absl::AlreadyExistsError(fmt::format("{} is taken", index));
  status.SetPayload(kTakenPayload, absl::Cord(std::string(index)));
  return NotApplied(std::move(status));
}

std::string TakenIndex(const absl::Status& status) {
  auto payload = status.GetPayload(kTakenPayload);
  return payload ? std::string(*payload) : std::string();
}

std::string DigestOf(std::string_view kind, const Record& record, std::string_view expected_version) {
  PartsHash hash;
  hash.Add(kind);
  hash.Add(record.id);
  hash.Add(record.value);
  for (const UniqueKey& key : record.unique_keys) {
    hash.Add(key.index);
    hash.Add(key.value);
  }
  hash.Add(record.expires_at ? std::to_string(absl::ToUnixMillis(*record.expires_at)) : "");
  hash.Add(expected_version);
  return hash.Finish();
}

absl::Status CheckTableOptions(const TableOptions& options) {
  if (!IsName(options.name)) {
    return absl::InvalidArgumentError(fmt::format("table name \"{}\" is not [a-z0-9_]{{1,64}}", options.name));
  }
  for (const std::string& index : options.unique_indexes) {
    if (!IsName(index) || index == "id" || std::ranges::count(options.unique_indexes, index) != 1) {
      return absl::InvalidArgumentError(
          fmt::format("index \"{}\" of table {} is not a name of its own in [a-z0-9_]{{1,64}}", index, options.name));
    }
  }
  if (options.default_ttl <= absl::ZeroDuration() || options.operation_retention <= absl::ZeroDuration()) {
    return absl::InvalidArgumentError(fmt::format("table {}: durations must be positive", options.name));
  }
  return absl::OkStatus();
}

absl::Status CheckId(std::string_view id) {
  if (!id.empty() && id.size() <= kMaxId) return absl::OkStatus();
  return absl::InvalidArgumentError("a record's id has 1 to 512 bytes");
}

absl::Status CheckIndex(const TableOptions& options, std::string_view index) {
  if (std::ranges::find(options.unique_indexes, index) != options.unique_indexes.end()) return absl::OkStatus();
  return absl::InvalidArgumentError(fmt::format("index \"{}\" is not declared in table {}", index, options.name));
}

absl::Status CheckPageSize(int page_size) {
  if (page_size >= 1 && page_size <= kMaxPageSize) return absl::OkStatus();
  return absl::InvalidArgumentError("a page has 1 to 1000 records");
}

absl::Status CheckOperation(const Operation& operation) {
  if (operation.memo.size() <= kMaxMemo) return absl::OkStatus();
  return NotApplied(absl::InvalidArgumentError("an operation's memo has at most 256 bytes"));
}

absl::Status CheckRecord(const TableOptions& options, const StoreCapabilities& capabilities, const Record& record) {
  if (absl::Status wrong = CheckId(record.id); !wrong.ok()) return NotApplied(std::move(wrong));
  if (record.value.size() > capabilities.max_value_bytes) {
    return NotApplied(
        absl::InvalidArgumentError(fmt::format("a record's value has at most {} bytes", capabilities.max_value_bytes)));
  }
  for (auto key = record.unique_keys.begin(); key != record.unique_keys.end(); ++key) {
    if (absl::Status wrong = CheckIndex(options, key->index); !wrong.ok()) return NotApplied(std::move(wrong));
    if (std::any_of(record.unique_keys.begin(), key, [&](const UniqueKey& k) { return k.index == key->index; })) {
      return NotApplied(absl::InvalidArgumentError(fmt::format("a record has two keys of index \"{}\"", key->index)));
    }
  }
  return absl::OkStatus();
}

}  // namespace tomada
