// What every store promises in core/api/tomada/store.h, as test cases: the folders of cases/ are the areas. They run
// from the program `tomada-conformance`, and from a store's own test program, which links the library `table_semantics`
// and says how to make one:
//
//   INSTANTIATE_TEST_SUITE_P(MemoryStore, TableSemantics,
//                            ::testing::Values(StoreFactory("memory", [] { return std::make_unique<...>(...); })));
#pragma once

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "conformance/watched_table.h"
#include "support/sync_table.h"
#include "tomada/store.h"

namespace tomada::testing {

struct StoreFactory {
  StoreFactory(std::string name, std::function<std::unique_ptr<Store>()> make)
      : name(std::move(name)), make(std::move(make)) {}

  std::string name;
  // A store that has not been started, with the same config each time: one that keeps its data finds it again. At most
  // one lives at a time. May throw, which fails the test.
  std::function<std::unique_ptr<Store>()> make;
};

inline void PrintTo(const StoreFactory& factory, std::ostream* out) { *out << factory.name; }

// Gives each test a started store and an empty table with the unique indexes "email" and "phone".
class TableSemantics : public ::testing::TestWithParam<StoreFactory> {
 protected:
  void SetUp() override;
  void TearDown() override;

  // Of a table that no other test and no earlier run has used.
  static TableOptions NewTableOptions();
  // Throws std::runtime_error when the store refuses.
  std::unique_ptr<Table> Open(TableOptions options);
  WatchedTable Watch(Table& table) { return WatchedTable(table, watch_); }

  Store& store() { return *store_; }
  Table& table() { return *table_; }
  WatchedTable sync() { return Watch(*table_); }
  CallWatch& watch() { return watch_; }

  // For areas that end the store themselves. Stop leaves table() usable as far as the store lets it be used.
  absl::Status Stop(std::chrono::nanoseconds grace = std::chrono::seconds(10));
  // Stops the store, destroys it, and starts another with the same config. Tables that the test has opened must be
  // gone; table() is opened again, with the same options.
  void Restart();
  // Makes the store anew, without starting it.
  void Recreate();

 private:
  void Start();
  void Destroy();

  CallWatch watch_;  // the first, since the store may end calls until it is gone
  std::unique_ptr<Store> store_;
  TableOptions table_options_{""};
  std::unique_ptr<Table> table_;
};

Record RecordWithKeys(std::string id, std::string value, std::vector<UniqueKey> keys);
Record RecordUntil(std::string id, std::string value, absl::Time expires_at);
// The whole millisecond that is `from_now` away, as a store keeps it.
absl::Time InMilliseconds(int from_now);
// Returns at or after `time`.
void WaitUntil(absl::Time time);
// Runs work(0) to work(count - 1) side by side, begun together. What one throws fails the test.
void InParallel(int count, const std::function<void(int)>& work);
// An operation with this memo.
Operation WithMemo(std::string memo);

// The codes of a StatusOr and of what it says of its outcome.
MATCHER_P(RefusedWith, code, "") {
  *result_listener << arg.status();
  return arg.status().code() == code && OutcomeOf(arg.status()) == WriteOutcome::kNotApplied;
}
MATCHER_P(FailsWith, code, "") {
  *result_listener << arg.status();
  return arg.status().code() == code;
}
// ALREADY_EXISTS, not applied, naming this index or "id".
MATCHER_P(RefusedAsTaken, index, "") {
  *result_listener << arg.status() << ", taken: " << TakenIndex(arg.status());
  return arg.status().code() == absl::StatusCode::kAlreadyExists &&
         OutcomeOf(arg.status()) == WriteOutcome::kNotApplied && TakenIndex(arg.status()) == index;
}
// A StatusOr<RecordPtr> of no record; of one with this value.
MATCHER(IsAbsent, "") {
  *result_listener << arg.status();
  return arg.ok() && *arg == nullptr;
}
MATCHER_P(HasValue, value, "") {
  *result_listener << arg.status() << (arg.ok() && *arg == nullptr ? ", absent" : "");
  return arg.ok() && *arg != nullptr && (*arg)->value == value;
}
// A RecordPtr of a record with this value.
MATCHER_P(HoldsValue, value, "") { return arg != nullptr && arg->value == value; }
// A StatusOr<Written> of a write done now; of one done before.
MATCHER(IsApplied, "") {
  *result_listener << arg.status();
  return arg.ok() && !arg->replayed && !arg->version.empty();
}
MATCHER_P(IsReplayOf, written, "") {
  *result_listener << arg.status();
  return arg.ok() && written.ok() && arg->replayed && arg->version == written->version && arg->memo == written->memo;
}

}  // namespace tomada::testing
