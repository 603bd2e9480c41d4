#include <absl/time/clock.h>

#include "conformance/table_semantics.h"

namespace tomada::testing {

using Code = absl::StatusCode;

Operation WithMemo(std::string memo) {
  Operation operation;
  operation.memo = std::move(memo);
  return operation;
}

TEST_P(TableSemantics, AnOperationIsAppliedOnceAndAnswersTheSame) {
  const Operation insert = WithMemo("insert"), put = WithMemo("put"), update = WithMemo("update");
  const Operation remove = WithMemo("");
  const Record record = RecordWithKeys("ana", "1", {{"email", "a@x"}});
  absl::StatusOr<Written> inserted = sync().Insert(record, insert);
  ASSERT_THAT(inserted, IsApplied());
  EXPECT_EQ(inserted->memo, "insert");
  EXPECT_THAT(sync().Insert(record, insert), IsReplayOf(inserted));

  absl::StatusOr<Written> was_put = sync().Put(Record("ana", "2"), put);
  ASSERT_THAT(was_put, IsApplied());
  absl::StatusOr<Written> updated = sync().Update(Record("ana", "3"), was_put->version, update);
  ASSERT_THAT(updated, IsApplied());
  EXPECT_THAT(sync().Put(Record("ana", "2"), put), IsReplayOf(was_put));
  EXPECT_THAT(sync().Get("ana"), HasValue("3"));

  absl::StatusOr<Written> removed = sync().Remove("ana", updated->version, remove);
  ASSERT_THAT(removed, IsApplied());
  EXPECT_THAT(sync().Remove("ana", updated->version, remove), IsReplayOf(removed));
  EXPECT_THAT(sync().Update(Record("ana", "3"), was_put->version, update), IsReplayOf(updated));
  EXPECT_THAT(sync().Get("ana"), IsAbsent());
}

TEST_P(TableSemantics, AnInsertIsRememberedAcrossARemove) {
  const Operation insert;
  absl::StatusOr<Written> inserted = sync().Insert(Record("ana", "1"), insert);
  ASSERT_THAT(sync().Remove("ana"), IsApplied());
  EXPECT_THAT(sync().Insert(Record("ana", "1"), insert), IsReplayOf(inserted));
  EXPECT_THAT(sync().Get("ana"), IsAbsent());
  ASSERT_THAT(sync().Insert(Record("ana", "2")), IsApplied());
  EXPECT_THAT(sync().Insert(Record("ana", "1"), insert), IsReplayOf(inserted));
  EXPECT_THAT(sync().Get("ana"), HasValue("2"));
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

TEST_P(TableSemantics, TheSameOperationForAnotherRequestIsRefused) {
  const Operation operation;
  const absl::Time end = absl::Now() + absl::Hours(1);
  Record record = RecordWithKeys("ana", "1", {{"email", "a@x"}});
  record.expires_at = end;
  std::string version = sync().Insert(Record("ana", ""))->version;
  ASSERT_THAT(sync().Update(record, version, operation), IsApplied());

  Record other_value = record, other_keys = record, other_expiry = record;
  other_value.value = "2";
  other_keys.unique_keys[0].value = "b@x";
  other_expiry.expires_at = end + absl::Milliseconds(1);
  for (const Record& other : {other_value, other_keys, other_expiry}) {
    EXPECT_THAT(sync().Update(other, version, operation), RefusedWith(Code::kInvalidArgument));
  }
  EXPECT_THAT(sync().Update(record, "another version", operation), RefusedWith(Code::kInvalidArgument));
  EXPECT_THAT(sync().Put(record, operation), RefusedWith(Code::kInvalidArgument));
  EXPECT_THAT(sync().Insert(record, operation), RefusedWith(Code::kInvalidArgument));
  EXPECT_THAT(sync().Remove("ana", version, operation), RefusedWith(Code::kInvalidArgument));
  EXPECT_THAT(sync().Get("ana"), HasValue("1"));
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

TEST_P(TableSemantics, AFailedWriteIsNotRemembered) {
  const Operation insert, update, remove;
  ASSERT_THAT(sync().Insert(Record("ana", "first")), IsApplied());
  EXPECT_THAT(sync().Insert(Record("ana", "second"), insert), RefusedWith(Code::kAlreadyExists));
  ASSERT_THAT(sync().Remove("ana"), IsApplied());
  EXPECT_THAT(sync().Remove("ana", std::nullopt, remove), RefusedWith(Code::kNotFound));
  EXPECT_THAT(sync().Update(Record("ana", "third"), "version", update), RefusedWith(Code::kNotFound));

  absl::StatusOr<Written> inserted = sync().Insert(Record("ana", "second"), insert);
  EXPECT_THAT(inserted, IsApplied());
  EXPECT_THAT(sync().Update(Record("ana", "fourth"), inserted->version, update), IsApplied());
  EXPECT_THAT(sync().Remove("ana", std::nullopt, remove), IsApplied());
}

TEST_P(TableSemantics, AMemoHasALimitAndKeepsItsBytes) {
  const Operation longest = WithMemo(std::string(255, '\xff') + '\0');
  absl::StatusOr<Written> written = sync().Insert(Record("ana", ""), longest);
  ASSERT_THAT(written, IsApplied());
  EXPECT_THAT(sync().Insert(Record("ana", ""), WithMemo(std::string(257, 'm'))), RefusedWith(Code::kInvalidArgument));
  absl::StatusOr<Written> replayed = sync().Insert(Record("ana", ""), longest);
  ASSERT_THAT(replayed, IsReplayOf(written));
  EXPECT_EQ(replayed->memo, longest.memo);
}

}  // namespace tomada::testing
