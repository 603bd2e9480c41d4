// Where things are in the database. The first byte says what a key is of, so that one ordered space holds it all:
//
//   r <table> <id>             -> a record
//   u <table> <index> <value>  -> who holds a unique key
//   o <table> <id> <operation> -> the result of a write of the record
//   x <time> <r...>            -> nothing: a record that ends at that time, for the sweep
//   x <time> <o...>            -> the keys of further operations that end then, too
//   t <table>                  -> a table's unique indexes, from its first write on
//   m <name>                   -> what belongs to the store itself
//
// Names are preceded by their length, an operation has 16 bytes, times are big-endian: keys sort by table, then by id,
// and by time. An operation is of one record (store.h), so its key begins with the record's id. Where ids rise with
// time, as UUIDv7 do, new keys are then inserted next to each other; scattered over the table they took half of a
// commit's time.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include <absl/time/time.h>

#include "tomada/store.h"

namespace tomada::rocksdb_store {

// A time on disk: milliseconds of the Unix epoch.
using Millis = int64_t;
constexpr Millis kNever = std::numeric_limits<Millis>::max();

inline Millis MillisOf(absl::Time time) { return time == absl::InfiniteFuture() ? kNever : absl::ToUnixMillis(time); }

std::string RecordKey(std::string_view table, std::string_view id);
std::string UniqueIndexKey(std::string_view table, std::string_view index, std::string_view value);
std::string OperationKey(std::string_view table, std::string_view record_id, const OperationId& id);
// `key` is a record's or an operation's.
std::string ExpiryKey(Millis time, std::string_view key);
std::string TableKey(std::string_view table);
std::string StoreKey(std::string_view name);

// The beginning of all records' keys of a table, of all tables' keys, of all expiry keys.
std::string RecordPrefix(std::string_view table);
std::string TablePrefix();
std::string ExpiryPrefix();
// The least key greater than all that begin with `prefix`, whose last byte is below 0xff.
std::string AfterPrefix(std::string prefix);

// The parts of the keys of records, operations and expiries. The views point into the key that was read.
struct RecordName {
  std::string_view table, id;
};
struct Expiry {
  Millis time;
  std::string_view key;
};
std::optional<RecordName> ParseRecordKey(std::string_view key);
bool IsOperationKey(std::string_view key);
std::optional<Expiry> ParseExpiryKey(std::string_view key);

}  // namespace tomada::rocksdb_store
