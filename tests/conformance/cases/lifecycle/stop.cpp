#include <chrono>

#include "conformance/each_call.h"
#include "conformance/table_semantics.h"

namespace tomada::testing {

using Clock = std::chrono::steady_clock;
using Code = absl::StatusCode;

TEST_P(TableSemantics, StopMayComeTwice) {
  EXPECT_EQ(Stop(), absl::OkStatus());
  EXPECT_EQ(Stop(), absl::OkStatus());
}

TEST_P(TableSemantics, StopMayComeWithoutStart) {
  ASSERT_EQ(Stop(), absl::OkStatus());
  Recreate();
  EXPECT_EQ(Stop(), absl::OkStatus());
  EXPECT_EQ(Stop(), absl::OkStatus());
}

TEST_P(TableSemantics, AStoreMayBeDestroyedWithoutStart) {
  ASSERT_EQ(Stop(), absl::OkStatus());
  Recreate();
  Recreate();
}

TEST_P(TableSemantics, AnIdleStoreStopsAtOnceAlsoWithLongGrace) {
  sync().MustInsert(Record("ana", "1"));
  const Clock::time_point before = Clock::now();
  ASSERT_EQ(Stop(std::chrono::minutes(1)), absl::OkStatus());
  EXPECT_LT(Clock::now() - before, std::chrono::seconds(5));
}

// A store may go on answering from memory after its stop. One that cannot says UNAVAILABLE, and nothing was applied.
TEST_P(TableSemantics, ACallAfterStopEndsAtOnce) {
  sync().MustInsert(RecordWithKeys("old", "old", {{"email", "old@x"}}));
  ASSERT_EQ(Stop(), absl::OkStatus());
  Clock::time_point before = Clock::now();
  for (const Ending& ending : CallEach(table(), watch(), std::chrono::minutes(1), absl::OkStatus())) {
    ASSERT_TRUE(ending.ended) << ending.kind << " did not end";
    EXPECT_LT(ending.at - before, std::chrono::seconds(1)) << ending.kind;
    before = ending.at;
    if (ending.status.code() != Code::kUnavailable) {
      EXPECT_TRUE(ending.status.ok() || ending.kind == "Update") << ending.kind << ": " << ending.status;
    } else if (ending.kind == "Insert" || ending.kind == "Put" || ending.kind == "Update" || ending.kind == "Remove") {
      EXPECT_EQ(OutcomeOf(ending.status), WriteOutcome::kNotApplied) << ending.kind;
    }
  }
}

TEST_P(TableSemantics, ACancelledCallAfterStopEnds) {
  ASSERT_EQ(Stop(), absl::OkStatus());
  for (const Ending& ending : CallEach(table(), watch(), std::chrono::minutes(1), absl::CancelledError("gone"))) {
    EXPECT_TRUE(ending.ended) << ending.kind << " did not end";
    EXPECT_FALSE(ending.status.ok()) << ending.kind;
  }
}

TEST_P(TableSemantics, OpenTableAfterStopDoesNoHarm) {
  ASSERT_EQ(Stop(), absl::OkStatus());
  absl::StatusOr<std::unique_ptr<Table>> opened = store().OpenTable(NewTableOptions());
  if (!opened.ok()) {
    EXPECT_EQ(opened.status().code(), Code::kUnavailable);
    return;
  }
  for (const Ending& ending : CallEach(**opened, watch(), std::chrono::minutes(1), absl::OkStatus())) {
    EXPECT_TRUE(ending.ended) << ending.kind << " did not end";
  }
  opened->reset();
}

TEST_P(TableSemantics, WritesInFlightAtStopEndOnceAndTellTheTruth) {
  constexpr int kCalls = 200;
  std::vector<WriteCall> writes;
  for (int i = 0; i < kCalls; ++i) {
    writes.push_back(StartPut(table(), watch(), std::chrono::seconds(10), std::to_string(i)));
  }
  ASSERT_EQ(Stop(), absl::OkStatus());
  std::vector<absl::StatusOr<Written>> ends;
  for (WriteCall& write : writes) {
    ASSERT_TRUE(write.Wait(kPatience)) << "a write in flight at the stop did not end";
    ends.push_back(write.Take());
  }
  if (!store().capabilities().survives_restart) return;
  Restart();
  for (int i = 0; i < kCalls; ++i) {
    const absl::StatusOr<RecordPtr> read = sync().Get(std::to_string(i));
    if (ends[i].ok()) {
      EXPECT_THAT(read, HasValue("new")) << "write " << i << " was acknowledged";
    } else if (OutcomeOf(ends[i].status()) == WriteOutcome::kNotApplied) {
      EXPECT_THAT(read, IsAbsent()) << "write " << i << " said that it was not applied";
    }
  }
}

TEST_P(TableSemantics, AStopWithoutGraceEndsWhatIsInFlight) {
  std::vector<WriteCall> writes;
  for (int i = 0; i < 200; ++i) {
    writes.push_back(StartPut(table(), watch(), std::chrono::minutes(1), std::to_string(i)));
  }
  const Clock::time_point before = Clock::now();
  ASSERT_EQ(Stop(std::chrono::seconds(0)), absl::OkStatus());
  EXPECT_LT(Clock::now() - before, std::chrono::seconds(5));
  for (WriteCall& write : writes) ASSERT_TRUE(write.Wait(kPatience)) << "a write did not end";
}

}  // namespace tomada::testing
