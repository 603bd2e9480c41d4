// OpenTable.
#include <chrono>

#include "conformance/table_semantics.h"

namespace tomada::testing {

using ::testing::IsEmpty;
using Code = absl::StatusCode;

TEST_P(TableSemantics, ATableOpenedTwiceIsTheSameTable) {
  const TableOptions options = NewTableOptions();
  std::unique_ptr<Table> first = Open(options);
  Watch(*first).MustInsert(Record("ana", "1"));
  std::unique_ptr<Table> second = Open(options);
  EXPECT_THAT(Watch(*second).Get("ana"), HasValue("1"));
  Watch(*second).MustPut(Record("ana", "2"));
  EXPECT_THAT(Watch(*first).Get("ana"), HasValue("2"));
}

TEST_P(TableSemantics, ATableOutlivesItsHandles) {
  const TableOptions options = NewTableOptions();
  std::unique_ptr<Table> handle = Open(options);
  const std::string version = Watch(*handle).MustInsert(RecordWithKeys("ana", "1", {{"email", "a@x"}}));
  handle.reset();
  handle = Open(options);
  EXPECT_THAT(Watch(*handle).Find("email", "a@x"), HasValue("1"));
  EXPECT_THAT(Watch(*handle).Update(Record("ana", "2"), version), IsApplied());
}

TEST_P(TableSemantics, OpenTableRefusesOtherOptionsOfAnOpenTable) {
  TableOptions options = NewTableOptions();
  options.default_ttl = absl::Hours(1);
  std::unique_ptr<Table> table = Open(options);
  TableOptions other_indexes = options, other_ttl = options, other_retention = options;
  other_indexes.unique_indexes.pop_back();
  other_ttl.default_ttl = absl::Hours(2);
  other_retention.operation_retention = absl::Hours(2);
  for (const TableOptions& other : {other_indexes, other_ttl, other_retention}) {
    EXPECT_THAT(store().OpenTable(other), FailsWith(Code::kFailedPrecondition));
  }
  EXPECT_EQ(store().OpenTable(options).status(), absl::OkStatus());
}

TEST_P(TableSemantics, OpenTableRefusesNamesAgainstTheRules) {
  for (std::string name : {std::string(), std::string("Usuarios"), std::string("a b"), std::string("a-b"),
                           std::string("a:b"), std::string("a\0", 2), std::string("ã"), std::string(65, 'a')}) {
    EXPECT_THAT(store().OpenTable(TableOptions(name)), FailsWith(Code::kInvalidArgument)) << name;
  }
}

TEST_P(TableSemantics, OpenTableTakesTheLongestName) {
  TableOptions options = NewTableOptions();
  options.name.append(64 - options.name.size(), '_');
  std::unique_ptr<Table> table = Open(options);
  Watch(*table).MustInsert(Record("ana", "1"));
  EXPECT_THAT(Watch(*table).Get("ana"), HasValue("1"));
}

TEST_P(TableSemantics, OpenTableRefusesIndexesAgainstTheRules) {
  for (std::vector<std::string> indexes : std::vector<std::vector<std::string>>{
           {"email", "email"}, {"id"}, {""}, {"Email"}, {"e mail"}, {std::string(65, 'a')}}) {
    TableOptions options = NewTableOptions();
    options.unique_indexes = indexes;
    EXPECT_THAT(store().OpenTable(options), FailsWith(Code::kInvalidArgument)) << indexes[0];
  }
}

TEST_P(TableSemantics, OpenTableRefusesDurationsThatAreNotPositive) {
  for (absl::Duration wrong : {absl::ZeroDuration(), -absl::Seconds(1), -absl::InfiniteDuration()}) {
    TableOptions ttl = NewTableOptions(), retention = NewTableOptions();
    ttl.default_ttl = wrong;
    retention.operation_retention = wrong;
    EXPECT_THAT(store().OpenTable(ttl), FailsWith(Code::kInvalidArgument));
    EXPECT_THAT(store().OpenTable(retention), FailsWith(Code::kInvalidArgument));
  }
}

TEST_P(TableSemantics, OpenTableDoesNotWait) {
  auto best = std::chrono::steady_clock::duration::max();
  for (int i = 0; i < 5; ++i) {
    const auto before = std::chrono::steady_clock::now();
    std::unique_ptr<Table> table = Open(NewTableOptions());
    best = std::min(best, std::chrono::steady_clock::now() - before);
  }
  EXPECT_LT(best, std::chrono::milliseconds(20));
}

TEST_P(TableSemantics, ATableMayHaveNoIndexOrMany) {
  TableOptions none = NewTableOptions(), many = NewTableOptions();
  none.unique_indexes.clear();
  many.unique_indexes.clear();
  for (int i = 0; i < 10; ++i) many.unique_indexes.push_back("index_" + std::to_string(i));
  std::unique_ptr<Table> plain = Open(none), indexed = Open(many);
  Watch(*plain).MustInsert(Record("ana", "1"));
  EXPECT_THAT(Watch(*plain).Find("email", "a@x"), FailsWith(Code::kInvalidArgument));
  Record record("ana", "1");
  for (const std::string& index : many.unique_indexes) record.unique_keys.emplace_back(index, index + " key");
  Watch(*indexed).MustInsert(record);
  for (const std::string& index : many.unique_indexes) {
    EXPECT_THAT(Watch(*indexed).Find(index, index + " key"), HasValue("1"));
    EXPECT_THAT(Watch(*indexed).Insert(RecordWithKeys("bia", "", {{index, index + " key"}})), RefusedAsTaken(index));
  }
}

TEST_P(TableSemantics, TablesAreApart) {
  std::unique_ptr<Table> handle = Open(NewTableOptions());
  const WatchedTable other = Watch(*handle);
  sync().MustInsert(RecordWithKeys("a", "1", {{"email", "same"}}));
  EXPECT_THAT(other.Get("a"), IsAbsent());
  EXPECT_THAT(other.Find("email", "same"), IsAbsent());
  EXPECT_THAT(other.ListAll(10), IsEmpty());
  EXPECT_THAT(other.Insert(RecordWithKeys("a", "2", {{"email", "same"}})), IsApplied());
  EXPECT_THAT(other.Remove("a"), IsApplied());
  EXPECT_THAT(sync().Find("email", "same"), HasValue("1"));
  EXPECT_THAT(sync().ListAll(10), ::testing::SizeIs(1));
}

// Names that a key made of table and id could mix up.
TEST_P(TableSemantics, TablesWhoseNamesBeginAlikeAreApart) {
  const TableOptions base = NewTableOptions();
  std::vector<std::unique_ptr<Table>> tables;
  for (const char* suffix : {"", "_", "_a", "a"}) {
    TableOptions options = base;
    options.name += suffix;
    tables.push_back(Open(options));
  }
  for (size_t i = 0; i < tables.size(); ++i) {
    for (std::string id : {"a", "_a", "_", "aa"}) Watch(*tables[i]).MustInsert(Record(id, std::to_string(i)));
  }
  for (size_t i = 0; i < tables.size(); ++i) {
    for (const RecordPtr& record : Watch(*tables[i]).ListAll(3)) EXPECT_EQ(record->value, std::to_string(i));
    EXPECT_THAT(Watch(*tables[i]).ListAll(10), ::testing::SizeIs(4));
  }
}

TEST_P(TableSemantics, ATableOpenedByManyThreadsIsOne) {
  const TableOptions options = NewTableOptions();
  InParallel(8, [&](int thread) {
    std::unique_ptr<Table> table = Open(options);
    Watch(*table).MustInsert(Record(std::to_string(thread), ""));
  });
  std::unique_ptr<Table> table = Open(options);
  EXPECT_THAT(Watch(*table).ListAll(10), ::testing::SizeIs(8));
}

}  // namespace tomada::testing
