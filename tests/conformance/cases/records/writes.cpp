#include <absl/time/clock.h>

#include "conformance/table_semantics.h"

namespace tomada::testing {

using Code = absl::StatusCode;

TEST_P(TableSemantics, InsertOfATakenIdIsRefusedAndChangesNothing) {
  const std::string version = sync().MustInsert(RecordWithKeys("ana", "first", {{"email", "a@x"}}));
  EXPECT_THAT(sync().Insert(RecordWithKeys("ana", "second", {{"email", "b@x"}})), RefusedAsTaken("id"));
  EXPECT_THAT(sync().Get("ana"), HasValue("first"));
  EXPECT_EQ(sync().MustGet("ana")->version, version);
  EXPECT_THAT(sync().Find("email", "a@x"), HasValue("first"));
  EXPECT_THAT(sync().Find("email", "b@x"), IsAbsent());
}

TEST_P(TableSemantics, PutMakesARecordThatIsNotThere) {
  ASSERT_THAT(sync().Put(RecordWithKeys("ana", "1", {{"email", "a@x"}})), IsApplied());
  EXPECT_THAT(sync().Get("ana"), HasValue("1"));
  EXPECT_THAT(sync().Find("email", "a@x"), HasValue("1"));
  EXPECT_THAT(sync().Insert(Record("ana", "2")), RefusedAsTaken("id"));
}

TEST_P(TableSemantics, PutReplacesARecordWhole) {
  Record first = RecordWithKeys("ana", "first", {{"email", "old@x"}, {"phone", "1"}});
  first.expires_at = absl::Now() + absl::Hours(1);
  sync().MustPut(first);
  sync().MustPut(RecordWithKeys("ana", "second", {{"email", "new@x"}}));
  const RecordPtr read = sync().MustGet("ana");
  EXPECT_EQ(read->value, "second");
  EXPECT_EQ(read->expires_at, std::nullopt);
  EXPECT_THAT(read->unique_keys, ::testing::ElementsAre(UniqueKey("email", "new@x")));
  EXPECT_THAT(sync().Find("email", "new@x"), HasValue("second"));
}

TEST_P(TableSemantics, UpdateNeedsTheVersionThatIsThere) {
  const std::string first = sync().MustInsert(Record("ana", "1"));
  absl::StatusOr<Written> second = sync().Update(Record("ana", "2"), first);
  ASSERT_THAT(second, IsApplied());
  EXPECT_THAT(sync().Update(Record("ana", "3"), first), RefusedWith(Code::kAborted));
  EXPECT_THAT(sync().Update(Record("ana", "3"), ""), RefusedWith(Code::kAborted));
  EXPECT_THAT(sync().Get("ana"), HasValue("2"));
  EXPECT_EQ(sync().MustGet("ana")->version, second->version);
}

TEST_P(TableSemantics, UpdateOfAnAbsentRecordIsNotFound) {
  EXPECT_THAT(sync().Update(RecordWithKeys("ana", "", {{"email", "a@x"}}), "any"), RefusedWith(Code::kNotFound));
  const std::string version = sync().MustInsert(Record("ana", "1"));
  ASSERT_THAT(sync().Remove("ana"), IsApplied());
  EXPECT_THAT(sync().Update(RecordWithKeys("ana", "", {{"email", "a@x"}}), version), RefusedWith(Code::kNotFound));
  EXPECT_THAT(sync().Get("ana"), IsAbsent());
  EXPECT_THAT(sync().Find("email", "a@x"), IsAbsent());
}

TEST_P(TableSemantics, UpdateReplacesARecordWhole) {
  Record first = RecordWithKeys("ana", "first", {{"email", "old@x"}, {"phone", "1"}});
  first.expires_at = absl::Now() + absl::Hours(1);
  const std::string version = sync().MustInsert(first);
  ASSERT_THAT(sync().Update(RecordWithKeys("ana", "second", {{"phone", "2"}}), version), IsApplied());
  const RecordPtr read = sync().MustGet("ana");
  EXPECT_EQ(read->value, "second");
  EXPECT_EQ(read->expires_at, std::nullopt);
  EXPECT_THAT(read->unique_keys, ::testing::ElementsAre(UniqueKey("phone", "2")));
}

TEST_P(TableSemantics, RemoveGivesTheVersionRemoved) {
  const std::string version = sync().MustInsert(Record("ana", "1"));
  absl::StatusOr<Written> removed = sync().Remove("ana", version);
  ASSERT_THAT(removed, IsApplied());
  EXPECT_EQ(removed->version, version);
  EXPECT_THAT(sync().Get("ana"), IsAbsent());
  EXPECT_THAT(sync().ListAll(10), ::testing::IsEmpty());
}

TEST_P(TableSemantics, RemoveOfAnotherVersionIsRefused) {
  const std::string first = sync().MustInsert(Record("ana", "1"));
  const std::string second = sync().MustPut(Record("ana", "2"));
  EXPECT_THAT(sync().Remove("ana", first), RefusedWith(Code::kAborted));
  EXPECT_THAT(sync().Remove("ana", ""), RefusedWith(Code::kAborted));
  EXPECT_THAT(sync().Remove("ana", "another"), RefusedWith(Code::kAborted));
  EXPECT_THAT(sync().Get("ana"), HasValue("2"));
  EXPECT_THAT(sync().Remove("ana", second), IsApplied());
}

TEST_P(TableSemantics, RemoveWithoutAVersionTakesWhatIsThere) {
  sync().MustInsert(Record("ana", "1"));
  const std::string version = sync().MustPut(Record("ana", "2"));
  absl::StatusOr<Written> removed = sync().Remove("ana");
  ASSERT_THAT(removed, IsApplied());
  EXPECT_EQ(removed->version, version);
  EXPECT_THAT(sync().Get("ana"), IsAbsent());
}

TEST_P(TableSemantics, RemoveOfAnAbsentRecordIsNotFound) {
  EXPECT_THAT(sync().Remove("ana"), RefusedWith(Code::kNotFound));
  const std::string version = sync().MustInsert(Record("ana", "1"));
  ASSERT_THAT(sync().Remove("ana"), IsApplied());
  EXPECT_THAT(sync().Remove("ana"), RefusedWith(Code::kNotFound));
  EXPECT_THAT(sync().Remove("ana", version), RefusedWith(Code::kNotFound));
}

TEST_P(TableSemantics, AnIdIsFreeAfterARemove) {
  sync().MustInsert(Record("ana", "1"));
  ASSERT_THAT(sync().Remove("ana"), IsApplied());
  EXPECT_THAT(sync().Insert(Record("ana", "2")), IsApplied());
  EXPECT_THAT(sync().Get("ana"), HasValue("2"));
}

TEST_P(TableSemantics, EveryWriteIsAsDurableAsClaimed) {
  const Durability claimed = store().capabilities().durability;
  absl::StatusOr<Written> inserted = sync().Insert(Record("ana", "1"));
  EXPECT_EQ(inserted.value().durability, claimed);
  EXPECT_EQ(sync().Update(Record("ana", "2"), inserted->version).value().durability, claimed);
  EXPECT_EQ(sync().Put(Record("ana", "3")).value().durability, claimed);
  EXPECT_EQ(sync().Remove("ana").value().durability, claimed);
}

}  // namespace tomada::testing
