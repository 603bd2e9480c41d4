// The values on disk. Each begins with a byte that says how it is written, so that a later version can read this one's.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "keys.h"
#include "tomada/store.h"

namespace tomada::rocksdb_store {

// Under a record's key: all of it but the id.
std::string EncodeRecord(const Record& record);
// Nothing when `bytes` were not written by EncodeRecord; so with the others.
std::optional<Record> DecodeRecord(std::string_view id, std::string_view bytes);

inline Millis ExpiryOf(const Record& record) { return record.expires_at ? MillisOf(*record.expires_at) : kNever; }
inline bool IsLive(const Record& record, Millis now) { return now < ExpiryOf(record); }

// Under a unique key: the id of the record that holds it, and its expiry, so that a write that wants the key need not
// read that record.
struct Holder {
  std::string id;
  Millis expires = kNever;
};
std::string EncodeHolder(std::string_view id, Millis expires);
std::optional<Holder> DecodeHolder(std::string_view bytes);

// Under an operation's key: what a repetition is answered with, until then.
struct Remembered {
  std::string request_digest;
  std::string version;
  std::string memo;
  Millis until = 0;
};
std::string EncodeRemembered(const Remembered& result);
std::optional<Remembered> DecodeRemembered(std::string_view bytes);

// Under a table's key: its unique indexes.
std::string EncodeIndexes(const std::vector<std::string>& indexes);
std::optional<std::vector<std::string>> DecodeIndexes(std::string_view bytes);

}  // namespace tomada::rocksdb_store
