// What stands behind the keys, in bytes. The script in write_script.cpp reads and writes the same formats; numbers are
// big-endian.
//
//   record      '1', version (11), expiry (8), number of keys (1), the keys, then the value
//   its key     length of the index's name (1), name, tag (16), length of the value (4), value
//   unique key  expiry (8), id
//   operation   version (11), digest (16), memo
//   version     count in the bucket (6), bucket (2), first bytes of the operation id (3)
//
// An expiry is in milliseconds since 1970; 0 means never.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <absl/time/time.h>

#include "key_layout.h"
#include "tomada/store.h"

namespace tomada::redis_store {

// 0 for a record that never ends.
int64_t ToExpiryMillis(const std::optional<absl::Time>& expires_at, absl::Time now, absl::Duration default_ttl);

// The longest value of each kind that this store writes. No more than that is asked of the server, whatever a key
// holds.
constexpr int64_t kMaxStoredRecord = 2 << 20;
constexpr int64_t kMaxStoredOwner = 8 + 512;
// Of all unique keys of a record together, which leaves room for the largest value and the rest of the record.
constexpr size_t kMaxUniqueKeyBytes = 512 << 10;

// The part that the script does not make: from the number of keys on.
void AppendRecordBody(std::string& out, const Record& record);

// DATA_LOSS: something that this store cannot have written.
absl::Status DamagedError();

// The record stored as `bytes`; takes `id` when it is one. DATA_LOSS when it is not one, or longer than any.
absl::StatusOr<RecordPtr> DecodeRecord(std::string&& id, std::string_view bytes);

// Who has a unique key.
struct Owner {
  std::string id;
  std::optional<absl::Time> expires_at;
};
// DATA_LOSS when it is none, or longer than any.
absl::StatusOr<Owner> DecodeOwner(std::string_view bytes);

// The part of a version that tells apart the same count given twice: by two buckets, or by a server that lost writes.
std::string VersionSuffix(int bucket, const OperationId& operation);

// Versions as callers see them, 15 letters of base64url (RFC 4648), and as they are stored.
std::string EncodeVersion(std::string_view stored);
// Nothing when no store of this kind gave it.
std::optional<std::string> DecodeVersion(std::string_view version);

}  // namespace tomada::redis_store
