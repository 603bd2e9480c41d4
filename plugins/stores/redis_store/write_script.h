#pragma once

#include <string_view>

namespace tomada::redis_store {

// Insert, Put, Update and Remove in one atomic step: the operation's result, the record, its unique keys, the listing
// and the expiry. Everything is read and checked before the first write that counts, since Redis does not take back
// what a script wrote before it failed.
//
//   KEYS   record, ids, expirations, sequence, operation, then the unique keys of the new record
//   ARGV   1 kind: insert, put, update, remove
//          2 expected version as stored, or empty
//          3 id
//          4 digest (16 bytes)
//          5 memo
//          6 how long the operation is remembered, in ms
//          7 expiry, in ms since 1970, 0 for never
//          8 the second half of the version
//          9 what the table's unique keys begin with
//         10 the record from its number of keys on
//         11 and so on: the indexes of the unique keys, in the order of KEYS
//
// Answers {"applied", version, ""}, {"replayed", version, memo}, {"taken", index or "id"}, {"absent"}, {"changed"},
// {"misused"}: the operation id was used for another request; or {"damaged", what}: "record", "operation", "sequence"
// or "unique key INDEX", which this store cannot have written.
extern const std::string_view kWriteScript;

// Tries each command of kWriteScript, and those that reads send, on KEYS[1] in a way that changes nothing. Answers the
// names of those that the user may not run, or "keys" when it may not touch that key.
extern const std::string_view kRightsScript;

}  // namespace tomada::redis_store
