// What makes two requests the same, and what of a write is remembered.
#include <absl/time/clock.h>

#include "conformance/table_semantics.h"

namespace tomada::testing {

using Code = absl::StatusCode;

TEST_P(TableSemantics, TheSameOperationForOtherContentsIsRefused) {
  const Operation operation;
  const absl::Time end = InMilliseconds(3'600'000);
  Record record = RecordWithKeys("ana", "1", {{"email", "a@x"}});
  record.expires_at = end;
  ASSERT_THAT(sync().Put(record, operation), IsApplied());

  Record other_value = record, other_keys = record, other_expiry = record;
  other_value.value = "2";
  other_keys.unique_keys[0].value = "b@x";
  other_expiry.expires_at = end + absl::Milliseconds(1);
  for (const Record& other : {other_value, other_keys, other_expiry}) {
    EXPECT_THAT(sync().Put(other, operation), RefusedWith(Code::kInvalidArgument));
  }
  EXPECT_THAT(sync().Get("ana"), HasValue("1"));
  EXPECT_EQ(sync().MustGet("ana")->expires_at, end);
}

TEST_P(TableSemantics, TheSameOperationForAnotherVersionIsRefused) {
  const Operation update, remove;
  const std::string version = sync().MustInsert(Record("ana", ""));
  absl::StatusOr<Written> updated = sync().Update(Record("ana", "1"), version, update);
  ASSERT_THAT(updated, IsApplied());
  EXPECT_THAT(sync().Update(Record("ana", "1"), updated->version, update), RefusedWith(Code::kInvalidArgument));
  ASSERT_THAT(sync().Remove("ana", updated->version, remove), IsApplied());
  EXPECT_THAT(sync().Remove("ana", version, remove), RefusedWith(Code::kInvalidArgument));
}

TEST_P(TableSemantics, TheSameOperationForAnotherKindOfWriteIsRefused) {
  const Operation operation;
  const Record record("ana", "1");
  absl::StatusOr<Written> put = sync().Put(record, operation);
  ASSERT_THAT(put, IsApplied());
  EXPECT_THAT(sync().Insert(record, operation), RefusedWith(Code::kInvalidArgument));
  EXPECT_THAT(sync().Update(record, put->version, operation), RefusedWith(Code::kInvalidArgument));
  EXPECT_THAT(sync().Remove("ana", std::nullopt, operation), RefusedWith(Code::kInvalidArgument));
  EXPECT_THAT(sync().Get("ana"), HasValue("1"));
  EXPECT_THAT(sync().Put(record, operation), IsReplayOf(put));
}

TEST_P(TableSemantics, TheVersionInARecordIsNoPartOfTheRequest) {
  const Operation operation;
  Record record("ana", "1");
  absl::StatusOr<Written> put = sync().Put(record, operation);
  ASSERT_THAT(put, IsApplied());
  record.version = put->version;
  EXPECT_THAT(sync().Put(record, operation), IsReplayOf(put));
}

TEST_P(TableSemantics, ADigestSaysWhichRequestsAreTheSame) {
  Operation operation = WithMemo("first");
  operation.request_digest = "what the client asked for";
  absl::StatusOr<Written> written = sync().Insert(Record("ana", "salt 1"), operation);
  ASSERT_THAT(written, IsApplied());
  operation.memo = "second";
  EXPECT_THAT(sync().Insert(Record("ana", "salt 2"), operation), IsReplayOf(written));
  EXPECT_THAT(sync().Get("ana"), HasValue("salt 1"));
  operation.request_digest = "something else";
  EXPECT_THAT(sync().Insert(Record("ana", "salt 1"), operation), RefusedWith(Code::kInvalidArgument));
}

TEST_P(TableSemantics, ADigestMayBeAnyBytes) {
  Operation operation;
  operation.request_digest = std::string("\0\xff\r\n", 4);
  absl::StatusOr<Written> written = sync().Insert(Record("ana", "1"), operation);
  EXPECT_THAT(sync().Insert(Record("ana", "2"), operation), IsReplayOf(written));
  operation.request_digest = std::string("\0\xff\r", 3);
  EXPECT_THAT(sync().Insert(Record("ana", "1"), operation), RefusedWith(Code::kInvalidArgument));
}

TEST_P(TableSemantics, AFailedInsertIsNotRemembered) {
  const Operation insert;
  sync().MustInsert(Record("ana", "first"));
  EXPECT_THAT(sync().Insert(Record("ana", "second"), insert), RefusedAsTaken("id"));
  ASSERT_THAT(sync().Remove("ana"), IsApplied());
  EXPECT_THAT(sync().Insert(Record("ana", "second"), insert), IsApplied());
}

TEST_P(TableSemantics, AFailedUpdateIsNotRemembered) {
  const Operation absent, taken;
  EXPECT_THAT(sync().Update(Record("ana", "1"), "version", absent), RefusedWith(Code::kNotFound));
  sync().MustInsert(RecordWithKeys("bia", "", {{"email", "b@x"}}));
  const std::string version = sync().MustInsert(Record("ana", ""));
  EXPECT_THAT(sync().Update(Record("ana", "1"), version, absent), IsApplied());

  const std::string next = sync().MustGet("ana")->version;
  const Record wanted = RecordWithKeys("ana", "2", {{"email", "b@x"}});
  EXPECT_THAT(sync().Update(wanted, next, taken), RefusedAsTaken("email"));
  ASSERT_THAT(sync().Remove("bia"), IsApplied());
  EXPECT_THAT(sync().Update(wanted, next, taken), IsApplied());
}

TEST_P(TableSemantics, AFailedRemoveIsNotRemembered) {
  const Operation remove;
  EXPECT_THAT(sync().Remove("ana", std::nullopt, remove), RefusedWith(Code::kNotFound));
  sync().MustInsert(Record("ana", ""));
  EXPECT_THAT(sync().Remove("ana", std::nullopt, remove), IsApplied());
}

TEST_P(TableSemantics, AMemoKeepsItsBytes) {
  const Operation longest = WithMemo(std::string(255, '\xff') + '\0');
  absl::StatusOr<Written> written = sync().Insert(Record("ana", ""), longest);
  ASSERT_THAT(written, IsApplied());
  EXPECT_EQ(written->memo, longest.memo);
  absl::StatusOr<Written> replayed = sync().Insert(Record("ana", ""), longest);
  ASSERT_THAT(replayed, IsReplayOf(written));
  EXPECT_EQ(replayed->memo, longest.memo);
}

TEST_P(TableSemantics, AMemoOverTheLimitIsRefused) {
  const Operation too_long = WithMemo(std::string(257, 'm'));
  EXPECT_THAT(sync().Insert(Record("ana", ""), too_long), RefusedWith(Code::kInvalidArgument));
  EXPECT_THAT(sync().Put(Record("ana", ""), too_long), RefusedWith(Code::kInvalidArgument));
  EXPECT_THAT(sync().Get("ana"), IsAbsent());
  const std::string version = sync().MustInsert(Record("ana", "1"));
  EXPECT_THAT(sync().Update(Record("ana", "2"), version, too_long), RefusedWith(Code::kInvalidArgument));
  EXPECT_THAT(sync().Remove("ana", std::nullopt, too_long), RefusedWith(Code::kInvalidArgument));
  EXPECT_THAT(sync().Get("ana"), HasValue("1"));
}

}  // namespace tomada::testing
