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

class Sha256 {
 public:
  Sha256() { crypto_hash_sha256_init(&state_); }
  void Add(std::string_view bytes) {
    crypto_hash_sha256_update(&state_, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  }
  // Length first, so that no two lists of parts read alike.
  void AddPart(std::string_view part) {
    uint64_t size = part.size();
    Add(std::string_view(reinterpret_cast<const char*>(&size), sizeof size));
    Add(part);
  }
  std::array<unsigned char, crypto_hash_sha256_BYTES> Finish() {
    std::array<unsigned char, crypto_hash_sha256_BYTES> digest;
    crypto_hash_sha256_final(&state_, digest.data());
    return digest;
  }

 private:
  crypto_hash_sha256_state state_;
};

}  // namespace

Table::~Table() = default;
Store::~Store() = default;

OperationId OperationId::Random() {
  OperationId id;
  randombytes_buf(id.bytes_.data(), id.bytes_.size());
  return id;
}

OperationId OperationId::FromText(std::string_view text) {
  Sha256 hash;
  hash.Add(text);
  auto digest = hash.Finish();
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
  Sha256 hash;
  hash.AddPart(kind);
  hash.AddPart(record.id);
  hash.AddPart(record.value);
  for (const UniqueKey& key : record.unique_keys) {
    hash.AddPart(key.index);
    hash.AddPart(key.value);
  }
  hash.AddPart(record.expires_at ? std::to_string(absl::ToUnixMillis(*record.expires_at)) : "");
  hash.AddPart(expected_version);
  auto digest = hash.Finish();
  return std::string(digest.begin(), digest.end());
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
