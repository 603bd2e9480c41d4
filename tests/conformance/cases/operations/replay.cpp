// The same operation again: nothing is done, and the first answer is given.
#include <absl/time/clock.h>

#include "conformance/table_semantics.h"

namespace tomada::testing {

TEST_P(TableSemantics, AnInsertTriedAgainAnswersTheSame) {
  const Operation operation = WithMemo("memo");
  const Record record = RecordWithKeys("ana", "1", {{"email", "a@x"}});
  absl::StatusOr<Written> inserted = sync().Insert(record, operation);
  ASSERT_THAT(inserted, IsApplied());
  EXPECT_EQ(inserted->memo, "memo");
  for (int i = 0; i < 3; ++i) EXPECT_THAT(sync().Insert(record, operation), IsReplayOf(inserted));
  EXPECT_EQ(sync().MustGet("ana")->version, inserted->version);
}

TEST_P(TableSemantics, APutTriedAgainAnswersTheSameAndChangesNothing) {
  const Operation operation = WithMemo("memo");
  absl::StatusOr<Written> put = sync().Put(Record("ana", "1"), operation);
  ASSERT_THAT(put, IsApplied());
  EXPECT_THAT(sync().Put(Record("ana", "1"), operation), IsReplayOf(put));
  sync().MustPut(Record("ana", "2"));
  EXPECT_THAT(sync().Put(Record("ana", "1"), operation), IsReplayOf(put));
  EXPECT_THAT(sync().Get("ana"), HasValue("2"));
}

TEST_P(TableSemantics, AnUpdateTriedAgainAnswersTheSame) {
  const Operation operation = WithMemo("memo");
  const std::string version = sync().MustInsert(Record("ana", "1"));
  absl::StatusOr<Written> updated = sync().Update(Record("ana", "2"), version, operation);
  ASSERT_THAT(updated, IsApplied());
  EXPECT_THAT(sync().Update(Record("ana", "2"), version, operation), IsReplayOf(updated));
  ASSERT_THAT(sync().Update(Record("ana", "3"), updated->version), IsApplied());
  EXPECT_THAT(sync().Update(Record("ana", "2"), version, operation), IsReplayOf(updated));
  EXPECT_THAT(sync().Get("ana"), HasValue("3"));
}

TEST_P(TableSemantics, ARemoveTriedAgainAnswersTheSame) {
  const Operation with_version = WithMemo("with"), without = WithMemo("without");
  const std::string version = sync().MustInsert(Record("ana", "1"));
  absl::StatusOr<Written> removed = sync().Remove("ana", version, with_version);
  ASSERT_THAT(removed, IsApplied());
  EXPECT_THAT(sync().Remove("ana", version, with_version), IsReplayOf(removed));
  sync().MustInsert(Record("ana", "2"));
  removed = sync().Remove("ana", std::nullopt, without);
  ASSERT_THAT(removed, IsApplied());
  EXPECT_THAT(sync().Remove("ana", std::nullopt, without), IsReplayOf(removed));
}

TEST_P(TableSemantics, AnInsertIsRememberedAcrossARemove) {
  const Operation insert;
  absl::StatusOr<Written> inserted = sync().Insert(Record("ana", "1"), insert);
  ASSERT_THAT(sync().Remove("ana"), IsApplied());
  EXPECT_THAT(sync().Insert(Record("ana", "1"), insert), IsReplayOf(inserted));
  EXPECT_THAT(sync().Get("ana"), IsAbsent());
  sync().MustInsert(Record("ana", "2"));
  EXPECT_THAT(sync().Insert(Record("ana", "1"), insert), IsReplayOf(inserted));
  EXPECT_THAT(sync().Get("ana"), HasValue("2"));
}

TEST_P(TableSemantics, PutsAndUpdatesAreRememberedAcrossARemove) {
  const Operation put, update;
  absl::StatusOr<Written> was_put = sync().Put(Record("ana", "1"), put);
  absl::StatusOr<Written> updated = sync().Update(Record("ana", "2"), was_put.value().version, update);
  ASSERT_THAT(sync().Remove("ana"), IsApplied());
  EXPECT_THAT(sync().Put(Record("ana", "1"), put), IsReplayOf(was_put));
  EXPECT_THAT(sync().Update(Record("ana", "2"), was_put->version, update), IsReplayOf(updated));
  EXPECT_THAT(sync().Get("ana"), IsAbsent());
}

TEST_P(TableSemantics, ARemoveTriedAgainLeavesTheNextRecord) {
  const Operation remove;
  sync().MustInsert(Record("ana", "1"));
  absl::StatusOr<Written> removed = sync().Remove("ana", std::nullopt, remove);
  sync().MustInsert(Record("ana", "2"));
  EXPECT_THAT(sync().Remove("ana", std::nullopt, remove), IsReplayOf(removed));
  EXPECT_THAT(sync().Get("ana"), HasValue("2"));
}

TEST_P(TableSemantics, AReplayAsksNobodyWhoHoldsTheKeysNow) {
  const Operation insert;
  const Record record = RecordWithKeys("ana", "1", {{"email", "a@x"}});
  absl::StatusOr<Written> inserted = sync().Insert(record, insert);
  ASSERT_THAT(sync().Remove("ana"), IsApplied());
  sync().MustInsert(RecordWithKeys("bia", "2", {{"email", "a@x"}}));
  EXPECT_THAT(sync().Insert(record, insert), IsReplayOf(inserted));
  EXPECT_THAT(sync().Find("email", "a@x"), HasValue("2"));
}

TEST_P(TableSemantics, AnOperationOfARecordThatHasExpiredIsRemembered) {
  const Operation insert;
  const absl::Time end = absl::Now() + absl::Milliseconds(5);
  absl::StatusOr<Written> inserted = sync().Insert(RecordUntil("ana", "1", end), insert);
  ASSERT_THAT(inserted, IsApplied());
  WaitUntil(end);
  EXPECT_THAT(sync().Insert(RecordUntil("ana", "1", end), insert), IsReplayOf(inserted));
  EXPECT_THAT(sync().Get("ana"), IsAbsent());
}

TEST_P(TableSemantics, AReplayDoesNotProlongTheRecord) {
  TableOptions options = NewTableOptions();
  options.default_ttl = absl::Hours(1);
  std::unique_ptr<Table> temporary = Open(options);
  const WatchedTable table = Watch(*temporary);
  const Operation insert;
  absl::StatusOr<Written> inserted = table.Insert(Record("ana", ""), insert);
  const std::optional<absl::Time> end = table.MustGet("ana")->expires_at;
  WaitUntil(absl::Now() + absl::Milliseconds(5));
  EXPECT_THAT(table.Insert(Record("ana", ""), insert), IsReplayOf(inserted));
  EXPECT_EQ(table.MustGet("ana")->expires_at, end);
}

TEST_P(TableSemantics, HundredsOfOperationsAreRemembered) {
  constexpr int kOperations = 300;
  std::vector<Operation> operations(kOperations);
  std::vector<absl::StatusOr<Written>> written;
  for (int i = 0; i < kOperations; ++i) written.push_back(sync().Put(Record("ana", std::to_string(i)), operations[i]));
  for (int i = 0; i < kOperations; ++i) {
    ASSERT_THAT(sync().Put(Record("ana", std::to_string(i)), operations[i]), IsReplayOf(written[i])) << i;
  }
  EXPECT_THAT(sync().Get("ana"), HasValue(std::to_string(kOperations - 1)));
}

}  // namespace tomada::testing
