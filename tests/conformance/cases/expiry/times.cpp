// Which expiry a record gets.
#include <absl/time/clock.h>

#include "conformance/table_semantics.h"

namespace tomada::testing {

TEST_P(TableSemantics, AnExpiryIsKeptToTheMillisecond) {
  const absl::Time end = InMilliseconds(3'600'000);
  const absl::Time within = end + absl::Microseconds(999);
  const std::string version = sync().MustInsert(RecordUntil("inserted", "", within));
  sync().MustPut(RecordUntil("put", "", within));
  EXPECT_EQ(sync().MustGet("inserted")->expires_at, end);
  EXPECT_EQ(sync().MustGet("put")->expires_at, end);
  ASSERT_THAT(sync().Update(RecordUntil("inserted", "", within + absl::Milliseconds(1)), version), IsApplied());
  EXPECT_EQ(sync().MustGet("inserted")->expires_at, end + absl::Milliseconds(1));
}

TEST_P(TableSemantics, AWriteWithAnExpiryInThePastIsAppliedAndGone) {
  sync().MustInsert(RecordWithKeys("ana", "old", {{"email", "a@x"}}));
  EXPECT_THAT(sync().Put(RecordUntil("ana", "new", absl::Now() - absl::Seconds(1))), IsApplied());
  EXPECT_THAT(sync().Get("ana"), IsAbsent());
  EXPECT_THAT(sync().Find("email", "a@x"), IsAbsent());
  EXPECT_THAT(sync().Insert(RecordUntil("bia", "", absl::InfinitePast())), IsApplied());
  EXPECT_THAT(sync().Get("bia"), IsAbsent());
  EXPECT_THAT(sync().Insert(RecordUntil("cai", "", absl::UnixEpoch())), IsApplied());
  EXPECT_THAT(sync().Get("cai"), IsAbsent());
}

TEST_P(TableSemantics, AnExpiryFarAwayIsKept) {
  const absl::Time end = absl::FromUnixSeconds(4'102'444'800);  // the year 2100
  sync().MustInsert(RecordUntil("ana", "1", end));
  EXPECT_EQ(sync().MustGet("ana")->expires_at, end);
}

TEST_P(TableSemantics, WithoutADefaultRecordsNeverEnd) {
  sync().MustInsert(Record("ana", ""));
  sync().MustInsert(RecordUntil("bia", "", absl::InfiniteFuture()));
  EXPECT_EQ(sync().MustGet("ana")->expires_at, std::nullopt);
  EXPECT_EQ(sync().MustGet("bia")->expires_at, std::nullopt);
}

TEST_P(TableSemantics, EveryKindOfWriteGetsTheDefaultTtl) {
  TableOptions options = NewTableOptions();
  options.default_ttl = absl::Hours(2);
  std::unique_ptr<Table> temporary = Open(options);
  const WatchedTable table = Watch(*temporary);
  const auto expect_default = [&](absl::Time before) {
    const std::optional<absl::Time> end = table.MustGet("ana")->expires_at;
    ASSERT_TRUE(end.has_value());
    EXPECT_GE(*end, before - absl::Milliseconds(1) + options.default_ttl);
    EXPECT_LE(*end, absl::Now() + absl::Milliseconds(1) + options.default_ttl);
  };
  absl::Time before = absl::Now();
  std::string version = table.MustInsert(Record("ana", ""));
  expect_default(before);
  before = absl::Now();
  ASSERT_THAT(table.Update(Record("ana", ""), version), IsApplied());
  expect_default(before);
  before = absl::Now();
  table.MustPut(Record("ana", ""));
  expect_default(before);
}

TEST_P(TableSemantics, AnExpiryOfItsOwnGoesBeforeTheDefault) {
  TableOptions options = NewTableOptions();
  options.default_ttl = absl::Hours(2);
  std::unique_ptr<Table> temporary = Open(options);
  const WatchedTable table = Watch(*temporary);
  const absl::Time end = InMilliseconds(60'000);
  std::string version = table.MustInsert(RecordUntil("ana", "", end));
  EXPECT_EQ(table.MustGet("ana")->expires_at, end);
  ASSERT_THAT(table.Update(RecordUntil("ana", "", absl::InfiniteFuture()), version), IsApplied());
  EXPECT_EQ(table.MustGet("ana")->expires_at, std::nullopt);
  table.MustPut(RecordUntil("ana", "", end));
  EXPECT_EQ(table.MustGet("ana")->expires_at, end);
}

TEST_P(TableSemantics, ATableOfShortRecordsForgetsThem) {
  TableOptions options = NewTableOptions();
  options.default_ttl = absl::Milliseconds(100);
  std::unique_ptr<Table> temporary = Open(options);
  const WatchedTable table = Watch(*temporary);
  table.MustInsert(RecordWithKeys("ana", "1", {{"email", "a@x"}}));
  table.MustInsert(RecordUntil("stays", "2", absl::InfiniteFuture()));
  WaitUntil(absl::Now() + options.default_ttl + absl::Milliseconds(1));
  EXPECT_THAT(table.Get("ana"), IsAbsent());
  EXPECT_THAT(table.Insert(RecordWithKeys("bia", "3", {{"email", "a@x"}})), IsApplied());
  EXPECT_THAT(table.Get("stays"), HasValue("2"));
}

TEST_P(TableSemantics, AnExpiryCanBePutOffAndBroughtForward) {
  const absl::Time soon = InMilliseconds(150);
  std::string version = sync().MustInsert(RecordUntil("later", "1", soon));
  ASSERT_THAT(sync().Update(RecordUntil("later", "2", soon + absl::Hours(1)), version), IsApplied());
  sync().MustInsert(RecordUntil("never", "1", soon));
  sync().MustPut(Record("never", "2"));
  sync().MustInsert(RecordUntil("sooner", "1", soon + absl::Hours(1)));
  sync().MustPut(RecordUntil("sooner", "2", soon));
  WaitUntil(soon);
  EXPECT_THAT(sync().Get("later"), HasValue("2"));
  EXPECT_THAT(sync().Get("never"), HasValue("2"));
  EXPECT_THAT(sync().Get("sooner"), IsAbsent());
  EXPECT_THAT(sync().ListAll(10), ::testing::SizeIs(2));
}

}  // namespace tomada::testing
