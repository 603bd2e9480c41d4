// What ends when a record's time is over.
#include <absl/time/clock.h>

#include "conformance/table_semantics.h"

namespace tomada::testing {

using ::testing::IsEmpty;
using Code = absl::StatusCode;

// Long enough to be read back before, short enough to wait for.
constexpr int kShort = 100;

TEST_P(TableSemantics, ARecordIsAbsentForEveryReadAfterItsExpiry) {
  Record record = RecordWithKeys("ana", "1", {{"email", "a@x"}});
  record.expires_at = InMilliseconds(kShort);
  sync().MustInsert(record);
  WaitUntil(*record.expires_at);
  EXPECT_THAT(sync().Get("ana"), IsAbsent());
  EXPECT_THAT(sync().GetMany({"ana"}).value(), ::testing::ElementsAre(nullptr));
  EXPECT_THAT(sync().Find("email", "a@x"), IsAbsent());
  EXPECT_THAT(sync().ListAll(10), IsEmpty());
}

// Each read is told apart by what the clock said before and after it; only one across the instant may answer either.
TEST_P(TableSemantics, ARecordEndsAtItsMillisecondAndNotBefore) {
  for (int round = 0; round < 10; ++round) {
    const std::string id = std::to_string(round);
    Record record = RecordWithKeys(id, "", {{"email", id}});
    const absl::Time end = InMilliseconds(20);
    record.expires_at = end;
    sync().MustInsert(record);
    for (absl::Time before = absl::Now(); before < end + absl::Milliseconds(2); before = absl::Now()) {
      const bool got = sync().Get(id).value() != nullptr;
      const absl::Time between = absl::Now();
      const bool found = sync().Find("email", id).value() != nullptr;
      const absl::Time after = absl::Now();
      ASSERT_TRUE(got || between >= end) << "absent " << end - between << " before its expiry";
      ASSERT_FALSE(got && before >= end) << "there " << before - end << " after its expiry";
      ASSERT_TRUE(found || after >= end) << "not found " << end - after << " before its expiry";
      ASSERT_FALSE(found && between >= end) << "found " << between - end << " after its expiry";
    }
  }
}

TEST_P(TableSemantics, AnExpiredRecordCannotBeUpdatedOrRemoved) {
  const absl::Time end = InMilliseconds(kShort);
  const std::string version = sync().MustInsert(RecordUntil("ana", "1", end));
  WaitUntil(end);
  EXPECT_THAT(sync().Update(Record("ana", "2"), version), RefusedWith(Code::kNotFound));
  EXPECT_THAT(sync().Remove("ana"), RefusedWith(Code::kNotFound));
  EXPECT_THAT(sync().Remove("ana", version), RefusedWith(Code::kNotFound));
}

TEST_P(TableSemantics, TheIdOfAnExpiredRecordIsFree) {
  const absl::Time end = InMilliseconds(kShort);
  sync().MustInsert(RecordUntil("ana", "old", end));
  sync().MustInsert(RecordUntil("bia", "old", end));
  WaitUntil(end);
  EXPECT_THAT(sync().Insert(Record("ana", "new")), IsApplied());
  EXPECT_THAT(sync().Put(Record("bia", "new")), IsApplied());
  EXPECT_THAT(sync().Get("ana"), HasValue("new"));
  EXPECT_THAT(sync().Get("bia"), HasValue("new"));
}

TEST_P(TableSemantics, TheKeysOfAnExpiredRecordAreFreeForAnInsert) {
  Record record = RecordWithKeys("ana", "old", {{"email", "a@x"}, {"phone", "1"}});
  record.expires_at = InMilliseconds(kShort);
  sync().MustInsert(record);
  const auto early = sync().Insert(RecordWithKeys("early", "", {{"email", "a@x"}}));
  if (absl::Now() < *record.expires_at) {
    EXPECT_THAT(early, RefusedAsTaken("email"));
  } else if (early.ok()) {  // the machine had no time for it before
    ASSERT_THAT(sync().Remove("early"), IsApplied());
  }
  WaitUntil(*record.expires_at);
  EXPECT_THAT(sync().Insert(RecordWithKeys("bia", "new", {{"email", "a@x"}})), IsApplied());
  EXPECT_THAT(sync().Insert(Record("ana", "again")), IsApplied());
  EXPECT_THAT(sync().Find("email", "a@x"), HasValue("new"));
  EXPECT_THAT(sync().Find("phone", "1"), IsAbsent());
}

TEST_P(TableSemantics, TheKeysOfAnExpiredRecordAreFreeForPutAndUpdate) {
  Record record = RecordWithKeys("ana", "old", {{"email", "a@x"}, {"phone", "1"}});
  record.expires_at = InMilliseconds(kShort);
  sync().MustInsert(record);
  const std::string version = sync().MustInsert(Record("bia", "1"));
  WaitUntil(*record.expires_at);
  EXPECT_THAT(sync().Update(RecordWithKeys("bia", "2", {{"email", "a@x"}}), version), IsApplied());
  EXPECT_THAT(sync().Put(RecordWithKeys("cai", "3", {{"phone", "1"}})), IsApplied());
  EXPECT_THAT(sync().Find("email", "a@x"), HasValue("2"));
  EXPECT_THAT(sync().Find("phone", "1"), HasValue("3"));
}

TEST_P(TableSemantics, AKeyTakenAfterAnExpiryStaysWithItsNewHolder) {
  Record record = RecordWithKeys("ana", "old", {{"email", "a@x"}});
  record.expires_at = InMilliseconds(20);
  sync().MustInsert(record);
  WaitUntil(*record.expires_at);
  sync().MustInsert(RecordWithKeys("bia", "new", {{"email", "a@x"}}));
  // The old holder's id comes back and goes: the key is no longer its own. Its sweeping, if any, has time to happen.
  sync().MustInsert(Record("ana", "again"));
  ASSERT_THAT(sync().Remove("ana"), IsApplied());
  WaitUntil(absl::Now() + absl::Milliseconds(1200));
  EXPECT_THAT(sync().Find("email", "a@x"), HasValue("new"));
  EXPECT_THAT(sync().Insert(RecordWithKeys("cai", "", {{"email", "a@x"}})), RefusedAsTaken("email"));
}

TEST_P(TableSemantics, ManyRecordsEndTogether) {
  constexpr int kRecords = 200;
  const absl::Time end = InMilliseconds(1000);
  for (int i = 0; i < kRecords; ++i) {
    Record record = RecordWithKeys(std::to_string(i), "", {{"email", std::to_string(i)}});
    record.expires_at = end;
    sync().MustInsert(record);
  }
  sync().MustInsert(Record("stays", ""));
  WaitUntil(end);
  EXPECT_THAT(sync().ListAll(7), ::testing::SizeIs(1));
  for (int i = 0; i < kRecords; ++i) {
    EXPECT_THAT(sync().Insert(RecordWithKeys("n" + std::to_string(i), "", {{"email", std::to_string(i)}})),
                IsApplied());
  }
}

}  // namespace tomada::testing
