#include <algorithm>
#include <thread>

#include "conformance/each_call.h"
#include "conformance/table_semantics.h"

namespace tomada::testing {

using Clock = std::chrono::steady_clock;
using Code = absl::StatusCode;

TEST_P(TableSemantics, ReadsOfACancelledCallFailWithItsReason) {
  for (const absl::Status& reason : {absl::CancelledError("gone"), absl::DeadlineExceededError("too late")}) {
    for (const Ending& ending : CallEach(table(), watch(), std::chrono::minutes(1), reason)) {
      ASSERT_TRUE(ending.ended) << ending.kind << " did not end";
      EXPECT_EQ(ending.status.code(), reason.code()) << ending.kind;
    }
  }
}

TEST_P(TableSemantics, WritesOfACancelledCallAreNotApplied) {
  const std::string version = sync().MustInsert(RecordWithKeys("old", "old", {{"email", "old@x"}}));
  for (const Ending& ending : CallEach(table(), watch(), std::chrono::minutes(1), absl::CancelledError("gone"))) {
    ASSERT_TRUE(ending.ended) << ending.kind << " did not end";
    if (ending.kind == "Insert" || ending.kind == "Put" || ending.kind == "Update" || ending.kind == "Remove") {
      EXPECT_EQ(OutcomeOf(ending.status), WriteOutcome::kNotApplied) << ending.kind;
    }
  }
  EXPECT_THAT(sync().Get("old"), HasValue("old"));
  EXPECT_EQ(sync().MustGet("old")->version, version);
  EXPECT_THAT(sync().Find("email", "old@x"), HasValue("old"));
  EXPECT_THAT(sync().Get("new"), IsAbsent());
}

TEST_P(TableSemantics, AWriteOfACancelledCallIsNotRemembered) {
  const Operation operation;
  WriteCall refused(watch(), std::chrono::minutes(1), [&](Call& call) {
    call.Cancel(absl::CancelledError("gone"));
    return table().Insert(call, operation, Record("ana", "1"));
  });
  ASSERT_TRUE(refused.Wait(kPatience));
  EXPECT_THAT(refused.Take(), RefusedWith(Code::kCancelled));
  EXPECT_THAT(sync().Insert(Record("ana", "1"), operation), IsApplied());
}

// A store that answers at once has ended these before they are cancelled; one that waits must stop waiting. A busy
// machine makes some rounds late; a store that is late is late in each.
TEST_P(TableSemantics, CallsCancelledWhileTheyWaitEndAtOnce) {
  constexpr int kCalls = 64;
  Clock::duration best = Clock::duration::max();
  for (int round = 0; round < 5 && best > kLate; ++round) {
    std::vector<WriteCall> writes;
    std::vector<ReadCall> reads;
    for (int i = 0; i < kCalls; ++i) {
      writes.push_back(StartPut(table(), watch(), std::chrono::minutes(1), std::to_string(i)));
      reads.push_back(StartGet(table(), watch(), std::chrono::minutes(1), std::to_string(i)));
    }
    const Clock::time_point cancelled = Clock::now();
    for (WriteCall& write : writes) write.call().Cancel(absl::CancelledError("gone"));
    for (ReadCall& read : reads) read.call().Cancel(absl::CancelledError("gone"));
    Clock::time_point last = cancelled;
    for (WriteCall& write : writes) {
      ASSERT_TRUE(write.Wait(kPatience)) << "a write did not end";
      last = std::max(last, write.ended_at());
    }
    for (ReadCall& read : reads) {
      ASSERT_TRUE(read.Wait(kPatience)) << "a read did not end";
      last = std::max(last, read.ended_at());
    }
    best = std::min(best, last - cancelled);
  }
  EXPECT_LE(best, kLate) << "how long after its cancellation a call ended";
}

// What a cancelled write says of itself is true: applied is there, not applied is not, and the same operation again
// settles what is unknown.
TEST_P(TableSemantics, AWriteCancelledUnderWayTellsTheTruth) {
  for (int i = 0; i < 100; ++i) {
    const Operation operation;
    const std::string id = std::to_string(i);
    WriteCall write = StartPut(table(), watch(), std::chrono::minutes(1), id, operation);
    std::this_thread::sleep_for(std::chrono::microseconds(i * 10));
    write.call().Cancel(absl::CancelledError("gone"));
    ASSERT_TRUE(write.Wait(kPatience));
    absl::StatusOr<Written> written = write.Take();
    watch().NoteWrite();
    if (written.ok()) {
      EXPECT_EQ(sync().MustGet(id)->version, written->version);
    } else {
      EXPECT_EQ(written.status().code(), Code::kCancelled);
      if (OutcomeOf(written.status()) == WriteOutcome::kNotApplied) {
        EXPECT_THAT(sync().Get(id), IsAbsent()) << "a write said that it was not applied";
      }
    }
    absl::StatusOr<Written> again = sync().Put(Record(id, "new"), operation);
    ASSERT_EQ(again.status(), absl::OkStatus());
    if (written.ok()) {
      EXPECT_THAT(again, IsReplayOf(written));
    }
    EXPECT_EQ(sync().MustGet(id)->version, again->version);
  }
}

TEST_P(TableSemantics, CancellingACallThatHasEndedDoesNothing) {
  std::vector<WriteCall> writes;
  for (int i = 0; i < 20; ++i) {
    writes.push_back(StartPut(table(), watch(), std::chrono::minutes(1), std::to_string(i)));
    ASSERT_TRUE(writes.back().Wait(kPatience));
    EXPECT_THAT(writes.back().Take(), IsApplied());
  }
  for (WriteCall& write : writes) write.call().Cancel(absl::CancelledError("gone"));
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  watch().Check();
  for (int i = 0; i < 20; ++i) EXPECT_THAT(sync().Get(std::to_string(i)), HasValue("new"));
}

}  // namespace tomada::testing
