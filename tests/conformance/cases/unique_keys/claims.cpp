#include "conformance/table_semantics.h"

namespace tomada::testing {

using Code = absl::StatusCode;

TEST_P(TableSemantics, InsertOfATakenKeyIsRefusedAndNamesTheIndex) {
  sync().MustInsert(RecordWithKeys("ana", "first", {{"email", "a@x"}, {"phone", "1"}}));
  EXPECT_THAT(sync().Insert(RecordWithKeys("bia", "second", {{"email", "a@x"}})), RefusedAsTaken("email"));
  EXPECT_THAT(sync().Insert(RecordWithKeys("bia", "second", {{"email", "b@x"}, {"phone", "1"}})),
              RefusedAsTaken("phone"));
  EXPECT_THAT(sync().Find("email", "a@x"), HasValue("first"));
  EXPECT_THAT(sync().Find("phone", "1"), HasValue("first"));
}

TEST_P(TableSemantics, ARefusedInsertClaimsNoKey) {
  sync().MustInsert(RecordWithKeys("ana", "1", {{"phone", "1"}}));
  EXPECT_THAT(sync().Insert(RecordWithKeys("bia", "2", {{"email", "b@x"}, {"phone", "1"}})), RefusedAsTaken("phone"));
  EXPECT_THAT(sync().Get("bia"), IsAbsent());
  EXPECT_THAT(sync().Find("email", "b@x"), IsAbsent());
  EXPECT_THAT(sync().Insert(RecordWithKeys("cai", "3", {{"email", "b@x"}})), IsApplied());
}

TEST_P(TableSemantics, ATakenIdIsNamedBeforeATakenKey) {
  sync().MustInsert(RecordWithKeys("ana", "1", {{"email", "a@x"}}));
  sync().MustInsert(RecordWithKeys("bia", "2", {{"email", "b@x"}}));
  EXPECT_THAT(sync().Insert(RecordWithKeys("ana", "3", {{"email", "a@x"}})), RefusedAsTaken("id"));
  EXPECT_THAT(sync().Insert(RecordWithKeys("ana", "3", {{"email", "b@x"}})), RefusedAsTaken("id"));
}

TEST_P(TableSemantics, EachIndexHasItsOwnKeys) {
  ASSERT_THAT(sync().Insert(RecordWithKeys("a", "1", {{"email", "same"}})), IsApplied());
  ASSERT_THAT(sync().Insert(RecordWithKeys("b", "2", {{"phone", "same"}})), IsApplied());
  EXPECT_THAT(sync().Find("email", "same"), HasValue("1"));
  EXPECT_THAT(sync().Find("phone", "same"), HasValue("2"));
}

TEST_P(TableSemantics, AKeyIsNoId) {
  sync().MustInsert(RecordWithKeys("ana", "1", {{"email", "bia"}}));
  EXPECT_THAT(sync().Get("bia"), IsAbsent());
  EXPECT_THAT(sync().Find("email", "ana"), IsAbsent());
  EXPECT_THAT(sync().Insert(RecordWithKeys("bia", "2", {{"email", "ana"}})), IsApplied());
}

TEST_P(TableSemantics, RecordsWithoutAKeyDoNotMeet) {
  for (std::string id : {"a", "b", "c"}) EXPECT_THAT(sync().Insert(Record(id, id)), IsApplied());
  EXPECT_THAT(sync().Find("email", ""), IsAbsent());
  EXPECT_THAT(sync().Insert(RecordWithKeys("d", "d", {{"email", ""}})), IsApplied());
  EXPECT_THAT(sync().Insert(RecordWithKeys("e", "e", {{"email", ""}})), RefusedAsTaken("email"));
  EXPECT_THAT(sync().Find("email", ""), HasValue("d"));
}

TEST_P(TableSemantics, KeysAreComparedByteForByte) {
  const std::vector<std::string> keys = {"a@x",   "A@x", "a@x ", " a@x", std::string("a@x\0", 4),
                                         "a@x\n", "a@",  "*",    "?"};
  for (const std::string& key : keys)
    EXPECT_THAT(sync().Insert(RecordWithKeys(key, key, {{"email", key}})), IsApplied());
  for (const std::string& key : keys) EXPECT_THAT(sync().Find("email", key), HasValue(key));
}

TEST_P(TableSemantics, KeysAreAnyBytes) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  ASSERT_THAT(sync().Insert(RecordWithKeys("ana", "1", {{"email", all}, {"phone", std::string(1, '\0')}})),
              IsApplied());
  EXPECT_THAT(sync().Find("email", all), HasValue("1"));
  EXPECT_THAT(sync().Find("phone", std::string(1, '\0')), HasValue("1"));
  EXPECT_THAT(sync().Find("phone", ""), IsAbsent());
  EXPECT_THAT(sync().Insert(RecordWithKeys("bia", "2", {{"email", all}})), RefusedAsTaken("email"));
  EXPECT_THAT(sync().MustGet("ana")->unique_keys, ::testing::Contains(UniqueKey("email", all)));
}

TEST_P(TableSemantics, RemoveFreesTheKeys) {
  sync().MustInsert(RecordWithKeys("ana", "1", {{"email", "a@x"}, {"phone", "1"}}));
  ASSERT_THAT(sync().Remove("ana"), IsApplied());
  EXPECT_THAT(sync().Find("email", "a@x"), IsAbsent());
  EXPECT_THAT(sync().Find("phone", "1"), IsAbsent());
  EXPECT_THAT(sync().Insert(RecordWithKeys("bia", "2", {{"email", "a@x"}, {"phone", "1"}})), IsApplied());
  EXPECT_THAT(sync().Find("email", "a@x"), HasValue("2"));
}

}  // namespace tomada::testing
