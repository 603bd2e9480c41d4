#include <absl/time/clock.h>

#include "conformance/table_semantics.h"

namespace tomada::testing {

using ::testing::IsEmpty;
using ::testing::SizeIs;
using Code = absl::StatusCode;

// Long enough to be read back before, short enough to wait for.
constexpr absl::Duration kShort = absl::Milliseconds(100);

TEST_P(TableSemantics, ARecordAndItsKeysAreGoneAtItsExpiry) {
  Record record = RecordWithKeys("ana", "1", {{"email", "a@x"}});
  const absl::Time end = absl::FromUnixMillis(absl::ToUnixMillis(absl::Now() + kShort));
  record.expires_at = end;
  absl::StatusOr<Written> written = sync().Insert(record);
  ASSERT_THAT(written, IsApplied());
  absl::StatusOr<RecordPtr> read = sync().Get("ana");
  if (absl::Now() < end) {
    EXPECT_THAT(read, HasValue("1"));
  }

  WaitUntil(end);
  EXPECT_THAT(sync().Get("ana"), IsAbsent());
  EXPECT_THAT(sync().Find("email", "a@x"), IsAbsent());
  EXPECT_EQ((*sync().GetMany({"ana"}))[0], nullptr);
  EXPECT_THAT(ListAll(sync(), 10), IsEmpty());
  EXPECT_THAT(sync().Update(Record("ana", "2"), written->version), RefusedWith(Code::kNotFound));
  EXPECT_THAT(sync().Remove("ana"), RefusedWith(Code::kNotFound));
}

TEST_P(TableSemantics, WhatAnExpiredRecordHeldIsFree) {
  const absl::Time end = absl::FromUnixMillis(absl::ToUnixMillis(absl::Now() + kShort));
  Record record = RecordWithKeys("ana", "old", {{"email", "a@x"}, {"phone", "1"}});
  record.expires_at = end;
  ASSERT_THAT(sync().Insert(record), IsApplied());
  WaitUntil(end);
  EXPECT_THAT(sync().Insert(RecordWithKeys("bia", "key", {{"email", "a@x"}})), IsApplied());
  EXPECT_THAT(sync().Insert(Record("ana", "id")), IsApplied());
  EXPECT_THAT(sync().Find("email", "a@x"), HasValue("key"));
  EXPECT_THAT(sync().Find("phone", "1"), IsAbsent());
  EXPECT_THAT(sync().Get("ana"), HasValue("id"));
  EXPECT_THAT(ListAll(sync(), 10), SizeIs(2));
}

TEST_P(TableSemantics, AnExpiryIsKeptToTheMillisecond) {
  const absl::Time end = absl::FromUnixMillis(absl::ToUnixMillis(absl::Now()) + 3'600'000);
  ASSERT_THAT(sync().Insert(RecordUntil("ana", "", end + absl::Microseconds(999))), IsApplied());
  EXPECT_EQ((*sync().Get("ana"))->expires_at, end);
}

TEST_P(TableSemantics, ARecordWrittenWithAnExpiryInThePastIsGoneAtOnce) {
  ASSERT_THAT(sync().Insert(Record("ana", "old")), IsApplied());
  EXPECT_THAT(sync().Put(RecordUntil("ana", "new", absl::Now() - absl::Seconds(1))), IsApplied());
  EXPECT_THAT(sync().Get("ana"), IsAbsent());
  EXPECT_THAT(sync().Insert(RecordUntil("bia", "", absl::InfinitePast())), IsApplied());
  EXPECT_THAT(sync().Get("bia"), IsAbsent());
}

TEST_P(TableSemantics, EachWriteSetsTheExpiryAnew) {
  TableOptions options = NewTableOptions();
  options.default_ttl = absl::Hours(2);
  std::unique_ptr<Table> temporary = Open(options);
  SyncTable table(*temporary);
  const absl::Time before = absl::Now() - absl::Milliseconds(1);
  std::string version = table.Insert(Record("ana", ""))->version;
  absl::Time end = (*table.Get("ana"))->expires_at.value();
  EXPECT_GE(end, before + options.default_ttl);
  EXPECT_LE(end, absl::Now() + options.default_ttl);

  version = table.Update(RecordUntil("ana", "", absl::InfiniteFuture()), version)->version;
  EXPECT_EQ((*table.Get("ana"))->expires_at, std::nullopt);
  end = absl::FromUnixSeconds(absl::ToUnixSeconds(absl::Now()) + 60);
  ASSERT_THAT(table.Update(RecordUntil("ana", "", end), version), IsApplied());
  EXPECT_EQ((*table.Get("ana"))->expires_at, end);
  ASSERT_THAT(table.Put(Record("ana", "")), IsApplied());
  EXPECT_GT((*table.Get("ana"))->expires_at, end);
}

}  // namespace tomada::testing
