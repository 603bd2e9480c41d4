// Store and Table: records with an id, a value, unique keys, a version and an expiry.
//
// Uniqueness, version check and expiry are atomic inside the store, so each engine can do it its own best way and
// services stay simple. The same promises hold on every engine:
//
//  * Absent is a value, not an error: a read of nothing gives a null RecordPtr.
//  * A record is gone, and its unique keys free, at the instant of its expiry, not when somebody sweeps.
//  * A version is an opaque string that is never used twice, not even after remove and insert.
//  * Every write has an operation id, fixed before its first attempt. The result of a write that was applied is
//    remembered with it in the same atomic step, for at least TableOptions::operation_retention and also across a later
//    remove. The same operation again changes nothing and answers what the first attempt answered; the same id with
//    another request for the record is INVALID_ARGUMENT. A write that failed is not remembered. An operation is of one
//    record: an engine that spreads records over servers does not notice when its id is used for another one.
//  * Every write that fails says whether it may have happened: see OutcomeOf.
//
// Calls complete inline or resume on call.executor(). They end at the call's deadline or cancellation at the latest.
// Errors, besides those named at each call: DEADLINE_EXCEEDED and CANCELLED, UNAVAILABLE (the engine cannot be
// reached), RESOURCE_EXHAUSTED (a queue or the engine is full), INVALID_ARGUMENT (an empty id, a key of an undeclared
// index, a value over the limit).
#ifndef TOMADA_STORE_H_
#define TOMADA_STORE_H_

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "tomada/call.h"
#include "tomada/component.h"
#include "tomada/task.h"

namespace tomada {

struct UniqueKey {
  UniqueKey(std::string index, std::string value) : index(std::move(index)), value(std::move(value)) {}
  bool operator==(const UniqueKey&) const = default;

  std::string index;  // one of TableOptions::unique_indexes
  std::string value;  // any bytes; no two live records of a table share it
};

struct Record {
  Record() = default;
  Record(std::string id, std::string value) : id(std::move(id)), value(std::move(value)) {}

  std::string id;                      // 1 to 512 bytes, any
  std::string value;                   // any bytes
  std::vector<UniqueKey> unique_keys;  // at most one for each index
  std::string version;                 // set by the store; ignored in writes
  // When the record ends, by the wall clock, to the millisecond. In a write: not set means the table's default;
  // InfiniteFuture means never. In a read: not set means never.
  std::optional<absl::Time> expires_at;
};

// Immutable and shared with the store; null when absent. May be kept for any time.
using RecordPtr = std::shared_ptr<const Record>;

// 128 bits that name one intended write, whatever number of times it is tried.
class OperationId {
 public:
  // From the system's random source.
  static OperationId Random();
  // The same text gives the same id (the first 128 bits of its SHA-256).
  static OperationId FromText(std::string_view text);

  const std::array<uint8_t, 16>& bytes() const { return bytes_; }
  bool operator==(const OperationId&) const = default;

 private:
  std::array<uint8_t, 16> bytes_{};
};

// A write's identity, passed with each attempt.
struct Operation {
  Operation() : id(OperationId::Random()) {}
  explicit Operation(OperationId id) : id(id) {}

  OperationId id;
  // What makes two requests the same. Empty: the store compares kind, id, value, keys, expiry and expected version.
  // A caller whose value differs on each attempt (a salted hash, a time stamp) gives a digest of what its own client
  // sent; it must tell nothing about a password.
  std::string request_digest;
  // At most 256 bytes, remembered with the result and given back to a replay: what the caller needs to answer the same.
  std::string memo;
};

// How safe an acknowledged write is, in rising order.
enum class Durability {
  kApplied,     // in the engine's memory
  kSynced,      // on its disk
  kReplicated,  // on as many replicas as configured
};
constexpr auto EnumNames(Durability) {
  return std::array{std::pair{Durability::kApplied, "applied"}, std::pair{Durability::kSynced, "synced"},
                    std::pair{Durability::kReplicated, "replicated"}};
}

struct Written {
  std::string version;  // of the record after the write; for a remove, of the record removed
  Durability durability = Durability::kApplied;
  bool replayed = false;  // the operation had been applied before, and nothing was done now
  std::string memo;       // Operation::memo of the attempt that was applied
};

struct Page {
  std::vector<RecordPtr> records;
  std::string next_token;  // empty after the last page
};

// What a failed write leaves behind.
enum class WriteOutcome {
  kNotApplied,  // certainly nothing
  kUnknown,     // perhaps all of it; to find out, try again with the same Operation
};

// Of an error that a Table returned; kUnknown where the error does not say, so that silence is never taken for safety.
WriteOutcome OutcomeOf(const absl::Status& status);
// For stores: the same error, saying kNotApplied.
absl::Status NotApplied(absl::Status status);

// For stores: ALREADY_EXISTS, not applied, naming what was taken: an index, or "id".
absl::Status TakenError(std::string_view index);
// What a Table's ALREADY_EXISTS names; empty for any other error.
std::string TakenIndex(const absl::Status& status);

// For stores: what Operation::request_digest stands for when it is empty. `kind` is the call's name.
std::string DigestOf(std::string_view kind, const Record& record, std::string_view expected_version);

// Handle to one table. Thread-safe. Must not outlive the store's component. A call made after the component's Stop ends
// at once, with UNAVAILABLE where the store answers no more; then a write was not applied.
// Arguments are taken by value: they stay alive while the call is suspended.
class Table {
 public:
  virtual ~Table();

  virtual Task<absl::StatusOr<RecordPtr>> Get(Call& call, std::string id) = 0;
  // As many results as ids, in their order.
  virtual Task<absl::StatusOr<std::vector<RecordPtr>>> GetMany(Call& call, std::vector<std::string> ids) = 0;
  // The record that holds `value` in the unique index `index`.
  virtual Task<absl::StatusOr<RecordPtr>> Find(Call& call, std::string index, std::string value) = 0;

  // A new record. ALREADY_EXISTS when its id or one of its keys is taken; TakenIndex names which ("id" first).
  virtual Task<absl::StatusOr<Written>> Insert(Call& call, Operation operation, Record record) = 0;
  // A new record or, when the id exists, in the place of the old one: value, keys and expiry are replaced whole.
  // ALREADY_EXISTS when another record holds one of its keys.
  virtual Task<absl::StatusOr<Written>> Put(Call& call, Operation operation, Record record) = 0;
  // As Put, for a record that exists with this version. NOT_FOUND when it is absent, ABORTED when its version differs.
  virtual Task<absl::StatusOr<Written>> Update(Call& call, Operation operation, Record record,
                                               std::string expected_version) = 0;
  // NOT_FOUND when absent; with `expected_version`, ABORTED when it differs.
  virtual Task<absl::StatusOr<Written>> Remove(Call& call, Operation operation, std::string id,
                                               std::optional<std::string> expected_version) = 0;

  // A walk in no particular order. Begins with an empty token; each page gives the token of the next. A page may be
  // shorter than page_size (1 to 1000), even empty, before the last. A record that is there during the whole walk comes
  // exactly once; one that comes or goes meanwhile may or may not; none comes twice. A token outlives the
  // process where the store claims survives_restart. INVALID_ARGUMENT for a token that no page gave or a page_size out
  // of range.
  virtual Task<absl::StatusOr<Page>> List(Call& call, int page_size, std::string token) = 0;
};

struct TableOptions {
  explicit TableOptions(std::string name) : name(std::move(name)) {}
  bool operator==(const TableOptions&) const = default;

  std::string name;                                       // [a-z0-9_]{1,64}
  std::vector<std::string> unique_indexes;                // each [a-z0-9_]{1,64}, none twice, not "id"
  absl::Duration default_ttl = absl::InfiniteDuration();  // of records written without expires_at
  absl::Duration operation_retention = absl::Hours(1);
};

// What a store claims. Conformance tests hold it to each: claimed means it works, not claimed means it is not there.
struct StoreCapabilities {
  Durability durability = Durability::kApplied;  // of every acknowledged write
  bool survives_restart = false;                 // records, versions, tokens and operation results
  uint64_t max_value_bytes = 1 << 20;
  absl::Duration staleness = absl::ZeroDuration();  // how old a read may be
};

// What a store keeps now, as far as it knows that without looking for it; nothing where it does not. What has expired
// or been replaced may count until it is swept.
struct StoreCounters {
  std::optional<uint64_t> records;  // of all tables
  std::optional<uint64_t> bytes;    // that they take, in memory or on disk, with what finds them
};

// A component that keeps tables. One whose data can be copied on this machine is a HasBackup (backup.h) as well. The
// calls of all of them are counted in one way: see store_operations.h.
class Store : public Component {
 public:
  ~Store() override;

  // Opens a table, making it if it is new. Called in the user's Start or later; does no I/O and never blocks. Two
  // handles to the same name are the same table. FAILED_PRECONDITION when it is open with other options,
  // INVALID_ARGUMENT when the options break their rules.
  virtual absl::StatusOr<std::unique_ptr<Table>> OpenTable(TableOptions options) = 0;

  virtual StoreCapabilities capabilities() const = 0;

  // For those who watch it: the host shows them with the metrics. From Start on, on any thread. Waits for nobody; while
  // the store is busy with itself it knows nothing.
  virtual StoreCounters counters() const;
};

// For stores: INVALID_ARGUMENT when what a call was given breaks the rules written above, else OK. Of a record and an
// operation, which only writes have, it says kNotApplied.
absl::Status CheckTableOptions(const TableOptions& options);
absl::Status CheckId(std::string_view id);
absl::Status CheckIndex(const TableOptions& options, std::string_view index);
absl::Status CheckPageSize(int page_size);
absl::Status CheckOperation(const Operation& operation);
absl::Status CheckRecord(const TableOptions& options, const StoreCapabilities& capabilities, const Record& record);

}  // namespace tomada

#endif  // TOMADA_STORE_H_
