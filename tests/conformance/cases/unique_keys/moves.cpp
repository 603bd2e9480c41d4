// Keys that pass from one record to another.
#include "conformance/table_semantics.h"

namespace tomada::testing {

TEST_P(TableSemantics, PutKeepsItsOwnKeys) {
  sync().MustPut(RecordWithKeys("ana", "1", {{"email", "a@x"}}));
  EXPECT_THAT(sync().Put(RecordWithKeys("ana", "2", {{"email", "a@x"}})), IsApplied());
  EXPECT_THAT(sync().Find("email", "a@x"), HasValue("2"));
  EXPECT_THAT(sync().Put(RecordWithKeys("bia", "3", {{"email", "a@x"}})), RefusedAsTaken("email"));
}

TEST_P(TableSemantics, PutOfATakenKeyIsRefusedAndChangesNothing) {
  sync().MustPut(RecordWithKeys("ana", "1", {{"email", "a@x"}}));
  sync().MustPut(RecordWithKeys("bia", "2", {{"email", "b@x"}}));
  EXPECT_THAT(sync().Put(RecordWithKeys("ana", "3", {{"phone", "1"}, {"email", "b@x"}})), RefusedAsTaken("email"));
  EXPECT_THAT(sync().Put(RecordWithKeys("cai", "4", {{"phone", "1"}, {"email", "b@x"}})), RefusedAsTaken("email"));
  EXPECT_THAT(sync().Find("email", "a@x"), HasValue("1"));
  EXPECT_THAT(sync().Find("email", "b@x"), HasValue("2"));
  EXPECT_THAT(sync().Find("phone", "1"), IsAbsent());
  EXPECT_THAT(sync().Get("cai"), IsAbsent());
}

TEST_P(TableSemantics, PutFreesTheKeysItDrops) {
  sync().MustPut(RecordWithKeys("ana", "1", {{"email", "old@x"}, {"phone", "1"}}));
  sync().MustPut(RecordWithKeys("ana", "2", {{"email", "new@x"}}));
  EXPECT_THAT(sync().Find("email", "old@x"), IsAbsent());
  EXPECT_THAT(sync().Find("phone", "1"), IsAbsent());
  EXPECT_THAT(sync().Insert(RecordWithKeys("bia", "3", {{"email", "old@x"}, {"phone", "1"}})), IsApplied());
  EXPECT_THAT(sync().Find("email", "new@x"), HasValue("2"));
}

TEST_P(TableSemantics, UpdateKeepsItsOwnKeys) {
  const std::string version = sync().MustInsert(RecordWithKeys("ana", "1", {{"email", "a@x"}}));
  EXPECT_THAT(sync().Update(RecordWithKeys("ana", "2", {{"email", "a@x"}, {"phone", "1"}}), version), IsApplied());
  EXPECT_THAT(sync().Find("email", "a@x"), HasValue("2"));
  EXPECT_THAT(sync().Find("phone", "1"), HasValue("2"));
}

TEST_P(TableSemantics, UpdateToATakenKeyIsRefusedAndChangesNothing) {
  const std::string version = sync().MustInsert(RecordWithKeys("ana", "1", {{"email", "a@x"}}));
  sync().MustInsert(RecordWithKeys("bia", "2", {{"email", "b@x"}}));
  EXPECT_THAT(sync().Update(RecordWithKeys("ana", "3", {{"email", "b@x"}, {"phone", "1"}}), version),
              RefusedAsTaken("email"));
  EXPECT_THAT(sync().Find("email", "a@x"), HasValue("1"));
  EXPECT_THAT(sync().Find("phone", "1"), IsAbsent());
  EXPECT_THAT(sync().Update(RecordWithKeys("ana", "4", {{"email", "c@x"}}), version), IsApplied());
}

TEST_P(TableSemantics, UpdateFreesTheKeysItDrops) {
  const std::string version = sync().MustInsert(RecordWithKeys("ana", "1", {{"email", "a@x"}, {"phone", "1"}}));
  ASSERT_THAT(sync().Update(RecordWithKeys("ana", "2", {{"email", "c@x"}}), version), IsApplied());
  EXPECT_THAT(sync().Find("email", "a@x"), IsAbsent());
  EXPECT_THAT(sync().Find("phone", "1"), IsAbsent());
  EXPECT_THAT(sync().Find("email", "c@x"), HasValue("2"));
  EXPECT_THAT(sync().Insert(RecordWithKeys("bia", "3", {{"email", "a@x"}, {"phone", "1"}})), IsApplied());
}

TEST_P(TableSemantics, TwoRecordsExchangeTheirKeys) {
  sync().MustInsert(RecordWithKeys("ana", "ana", {{"email", "a@x"}}));
  sync().MustInsert(RecordWithKeys("bia", "bia", {{"email", "b@x"}}));
  EXPECT_THAT(sync().Put(RecordWithKeys("ana", "ana", {{"email", "b@x"}})), RefusedAsTaken("email"));
  sync().MustPut(RecordWithKeys("ana", "ana", {{"email", "between@x"}}));
  sync().MustPut(RecordWithKeys("bia", "bia", {{"email", "a@x"}}));
  sync().MustPut(RecordWithKeys("ana", "ana", {{"email", "b@x"}}));
  EXPECT_THAT(sync().Find("email", "a@x"), HasValue("bia"));
  EXPECT_THAT(sync().Find("email", "b@x"), HasValue("ana"));
  EXPECT_THAT(sync().Find("email", "between@x"), IsAbsent());
}

TEST_P(TableSemantics, AKeyMovesToAnotherIndexOfItsRecord) {
  sync().MustInsert(RecordWithKeys("ana", "1", {{"email", "k"}}));
  sync().MustPut(RecordWithKeys("ana", "2", {{"phone", "k"}}));
  EXPECT_THAT(sync().Find("email", "k"), IsAbsent());
  EXPECT_THAT(sync().Find("phone", "k"), HasValue("2"));
  EXPECT_THAT(sync().Insert(RecordWithKeys("bia", "3", {{"email", "k"}})), IsApplied());
}

TEST_P(TableSemantics, AKeyPassesThroughManyHands) {
  sync().MustInsert(RecordWithKeys("0", "0", {{"email", "k"}}));
  for (int i = 1; i <= 30; ++i) {
    const std::string id = std::to_string(i), before = std::to_string(i - 1);
    EXPECT_THAT(sync().Insert(RecordWithKeys(id, id, {{"email", "k"}})), RefusedAsTaken("email"));
    if (i % 2 == 0) {
      ASSERT_THAT(sync().Remove(before), IsApplied());
    } else {
      sync().MustPut(Record(before, before));
    }
    ASSERT_THAT(sync().Insert(RecordWithKeys(id, id, {{"email", "k"}})), IsApplied());
    EXPECT_THAT(sync().Find("email", "k"), HasValue(id));
  }
}

}  // namespace tomada::testing
