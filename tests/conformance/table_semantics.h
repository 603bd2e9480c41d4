// What every store promises in core/api/tomada/store.h, as test cases. A store's own test program links the library
// `table_semantics` and says how to make one:
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

#include "support/sync_table.h"
#include "tomada/store.h"

namespace tomada::testing {

struct StoreFactory {
  StoreFactory(std::string name, std::function<std::unique_ptr<Store>()> make)
      : name(std::move(name)), make(std::move(make)) {}

  std::string name;
  // A store that has not been started. Called once for each test; stores may share their data.
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
  std::unique_ptr<Table> Open(TableOptions options);

  // All records, in pages of `page_size`.
  static std::vector<RecordPtr> ListAll(const SyncTable& table, int page_size);

  Store& store() { return *store_; }
  Table& table() { return *table_; }
  SyncTable sync() { return SyncTable(*table_); }

 private:
  std::unique_ptr<Store> store_;
  std::unique_ptr<Table> table_;
};

Record RecordWithKeys(std::string id, std::string value, std::vector<UniqueKey> keys);
Record RecordUntil(std::string id, std::string value, absl::Time expires_at);
// Returns at or after `time`.
void WaitUntil(absl::Time time);

// The codes of a StatusOr and of what it says of its outcome.
MATCHER_P(RefusedWith, code, "") {
  *result_listener << arg.status();
  return arg.status().code() == code && OutcomeOf(arg.status()) == WriteOutcome::kNotApplied;
}
MATCHER_P(FailsWith, code, "") {
  *result_listener << arg.status();
  return arg.status().code() == code;
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
// A StatusOr<Written> of a write done now; of one done before.
MATCHER(IsApplied, "") {
  *result_listener << arg.status();
  return arg.ok() && !arg->replayed && !arg->version.empty();
}
MATCHER_P(IsReplayOf, written, "") {
  *result_listener << arg.status();
  return arg.ok() && arg->replayed && arg->version == written->version && arg->memo == written->memo;
}

}  // namespace tomada::testing
