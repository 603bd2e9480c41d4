// What is there after the process has ended: all of it, when the store claims survives_restart.
#include <set>

#include <absl/time/clock.h>

#include "conformance/table_semantics.h"

namespace tomada::testing {

using Code = absl::StatusCode;

#define SKIP_UNLESS_IT_SURVIVES() \
  if (!store().capabilities().survives_restart) GTEST_SKIP() << "survives_restart is not claimed"

TEST_P(TableSemantics, RecordsSurviveARestartWhole) {
  SKIP_UNLESS_IT_SURVIVES();
  Record record = RecordWithKeys("ana\r\n", std::string("\0\xff", 2), {{"email", "a@x"}, {"phone", "1"}});
  record.expires_at = InMilliseconds(3'600'000);
  const std::string version = sync().MustInsert(record);
  Restart();
  const RecordPtr read = sync().MustGet(record.id);
  EXPECT_EQ(read->value, record.value);
  EXPECT_EQ(read->version, version);
  EXPECT_EQ(read->expires_at, record.expires_at);
  EXPECT_THAT(read->unique_keys, ::testing::UnorderedElementsAreArray(record.unique_keys));
}

TEST_P(TableSemantics, HundredsOfRecordsSurviveARestart) {
  SKIP_UNLESS_IT_SURVIVES();
  std::set<std::string> ids;
  for (int i = 0; i < 300; ++i) {
    ids.insert(std::to_string(i));
    sync().MustInsert(Record(std::to_string(i), std::string(100, 'v')));
  }
  Restart();
  std::set<std::string> listed;
  for (const RecordPtr& record : sync().ListAll(50)) listed.insert(record->id);
  EXPECT_EQ(listed, ids);
}

TEST_P(TableSemantics, ALargeValueSurvivesARestart) {
  SKIP_UNLESS_IT_SURVIVES();
  const std::string value(store().capabilities().max_value_bytes, 'v');
  sync().MustInsert(Record("ana", value));
  Restart();
  EXPECT_TRUE(sync().MustGet("ana")->value == value);
}

TEST_P(TableSemantics, KeysSurviveARestart) {
  SKIP_UNLESS_IT_SURVIVES();
  sync().MustInsert(RecordWithKeys("ana", "1", {{"email", "a@x"}, {"phone", "1"}}));
  sync().MustPut(RecordWithKeys("ana", "2", {{"email", "new@x"}}));
  Restart();
  EXPECT_THAT(sync().Find("email", "new@x"), HasValue("2"));
  EXPECT_THAT(sync().Find("email", "a@x"), IsAbsent());
  EXPECT_THAT(sync().Insert(RecordWithKeys("bia", "3", {{"email", "new@x"}})), RefusedAsTaken("email"));
  EXPECT_THAT(sync().Insert(RecordWithKeys("bia", "3", {{"email", "a@x"}, {"phone", "1"}})), IsApplied());
}

TEST_P(TableSemantics, WhatWasRemovedStaysRemovedAcrossARestart) {
  SKIP_UNLESS_IT_SURVIVES();
  sync().MustInsert(RecordWithKeys("ana", "1", {{"email", "a@x"}}));
  ASSERT_THAT(sync().Remove("ana"), IsApplied());
  Restart();
  EXPECT_THAT(sync().Get("ana"), IsAbsent());
  EXPECT_THAT(sync().Insert(RecordWithKeys("ana", "2", {{"email", "a@x"}})), IsApplied());
}

TEST_P(TableSemantics, AVersionIsGoodAcrossARestart) {
  SKIP_UNLESS_IT_SURVIVES();
  const std::string old = sync().MustInsert(Record("ana", "1"));
  const std::string version = sync().MustPut(Record("ana", "2"));
  Restart();
  EXPECT_THAT(sync().Update(Record("ana", "3"), old), RefusedWith(Code::kAborted));
  EXPECT_THAT(sync().Update(Record("ana", "3"), version), IsApplied());
}

TEST_P(TableSemantics, ATokenIsGoodAcrossARestart) {
  SKIP_UNLESS_IT_SURVIVES();
  for (int i = 0; i < 50; ++i) sync().MustInsert(Record(std::to_string(i), ""));
  std::multiset<std::string> listed;
  std::string token;
  int pages = 0;
  do {
    const Page page = sync().List(9, token).value();
    for (const RecordPtr& record : page.records) listed.insert(record->id);
    token = page.next_token;
    if (++pages % 2 == 1) Restart();
  } while (!token.empty());
  EXPECT_EQ(listed.size(), 50u);
  EXPECT_EQ(std::set<std::string>(listed.begin(), listed.end()).size(), 50u);
}

TEST_P(TableSemantics, OperationsAreRememberedAcrossARestart) {
  SKIP_UNLESS_IT_SURVIVES();
  const Operation insert = WithMemo(std::string("memo\0", 5)), update, remove, put;
  absl::StatusOr<Written> inserted = sync().Insert(Record("ana", "1"), insert);
  absl::StatusOr<Written> updated = sync().Update(Record("ana", "2"), inserted.value().version, update);
  absl::StatusOr<Written> removed = sync().Remove("ana", std::nullopt, remove);
  absl::StatusOr<Written> was_put = sync().Put(Record("bia", "1"), put);
  Restart();
  EXPECT_THAT(sync().Insert(Record("ana", "1"), insert), IsReplayOf(inserted));
  EXPECT_THAT(sync().Update(Record("ana", "2"), inserted->version, update), IsReplayOf(updated));
  EXPECT_THAT(sync().Remove("ana", std::nullopt, remove), IsReplayOf(removed));
  EXPECT_THAT(sync().Put(Record("bia", "1"), put), IsReplayOf(was_put));
  EXPECT_THAT(sync().Put(Record("bia", "2"), put), RefusedWith(Code::kInvalidArgument));
  EXPECT_THAT(sync().Get("ana"), IsAbsent());
}

TEST_P(TableSemantics, ATimeGoesOnDuringARestart) {
  SKIP_UNLESS_IT_SURVIVES();
  Record record = RecordWithKeys("ana", "1", {{"email", "a@x"}});
  record.expires_at = InMilliseconds(50);
  sync().MustInsert(record);
  Restart();
  WaitUntil(*record.expires_at);
  EXPECT_THAT(sync().Get("ana"), IsAbsent());
  EXPECT_THAT(sync().Insert(RecordWithKeys("bia", "2", {{"email", "a@x"}})), IsApplied());
  Restart();
  EXPECT_THAT(sync().Find("email", "a@x"), HasValue("2"));
}

TEST_P(TableSemantics, ARecordSurvivesManyRestarts) {
  SKIP_UNLESS_IT_SURVIVES();
  std::string version = sync().MustInsert(Record("ana", "0"));
  for (int i = 1; i <= 4; ++i) {
    Restart();
    EXPECT_THAT(sync().Get("ana"), HasValue(std::to_string(i - 1)));
    absl::StatusOr<Written> updated = sync().Update(Record("ana", std::to_string(i)), version);
    ASSERT_THAT(updated, IsApplied());
    version = updated->version;
  }
}

TEST_P(TableSemantics, ManyOperationsAreRememberedAcrossARestart) {
  SKIP_UNLESS_IT_SURVIVES();
  std::vector<Operation> operations(50);
  std::vector<absl::StatusOr<Written>> ends;
  for (int i = 0; i < 50; ++i) ends.push_back(sync().Insert(Record(std::to_string(i), ""), operations[i]));
  Restart();
  for (int i = 0; i < 50; ++i) {
    EXPECT_THAT(sync().Insert(Record(std::to_string(i), ""), operations[i]), IsReplayOf(ends[i]));
  }
  EXPECT_THAT(sync().ListAll(100), ::testing::SizeIs(50));
}

}  // namespace tomada::testing
