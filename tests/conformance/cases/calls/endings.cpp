// Deadlines, and that each call ends once.
#include <algorithm>
#include <thread>

#include "conformance/each_call.h"
#include "conformance/table_semantics.h"

namespace tomada::testing {

using Clock = std::chrono::steady_clock;
using Code = absl::StatusCode;

TEST_P(TableSemantics, EachKindOfCallEndsOnceAndWhereItMay) {
  sync().MustInsert(RecordWithKeys("old", "old", {{"email", "old@x"}}));
  for (const Ending& ending : CallEach(table(), watch(), std::chrono::minutes(1), absl::OkStatus())) {
    EXPECT_TRUE(ending.ended) << ending.kind << " did not end";
    EXPECT_EQ(ending.status.code(), ending.kind == "Update" ? Code::kAborted : Code::kOk) << ending.kind;
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(100));  // for what comes a second time
  watch().Check();
}

TEST_P(TableSemantics, ACallWhoseDeadlineHasPassedEndsAtOnce) {
  sync().MustInsert(RecordWithKeys("old", "old", {{"email", "old@x"}}));
  Clock::duration worst_of_best_round = Clock::duration::max();
  for (int round = 0; round < 3 && worst_of_best_round > kLate; ++round) {
    Clock::duration worst{0};
    Clock::time_point before = Clock::now();
    for (const Ending& ending :
         CallEach(table(), watch(), std::chrono::seconds(-1), absl::DeadlineExceededError("the deadline has passed"))) {
      ASSERT_TRUE(ending.ended) << ending.kind << " did not end";
      EXPECT_EQ(ending.status.code(), Code::kDeadlineExceeded) << ending.kind;
      worst = std::max(worst, ending.at - before);
      before = ending.at;
    }
    worst_of_best_round = std::min(worst_of_best_round, worst);
  }
  EXPECT_LE(worst_of_best_round, kLate);
  EXPECT_THAT(sync().Get("old"), HasValue("old"));
  EXPECT_THAT(sync().Get("new"), IsAbsent());
}

// Whoever makes a call cancels it when its deadline passes, as this does.
TEST_P(TableSemantics, CallsEndByTheirDeadline) {
  constexpr std::chrono::milliseconds kTimeout{3};
  constexpr int kCalls = 100;
  Clock::duration best = Clock::duration::max();
  for (int round = 0; round < 5 && best > kLate; ++round) {
    std::vector<WriteCall> writes;
    for (int i = 0; i < kCalls; ++i) writes.push_back(StartPut(table(), watch(), kTimeout, std::to_string(i)));
    Clock::duration worst{0};
    for (WriteCall& write : writes) {
      if (!write.Wait(write.call().time_left())) {
        write.call().Cancel(absl::DeadlineExceededError("the deadline has passed"));
      }
      ASSERT_TRUE(write.Wait(kPatience)) << "a write did not end";
      worst = std::max(worst, write.ended_at() - write.call().deadline());
      absl::StatusOr<Written> written = write.Take();
      if (!written.ok()) {
        EXPECT_EQ(written.status().code(), Code::kDeadlineExceeded);
      }
    }
    best = std::min(best, worst);
  }
  EXPECT_LE(best, kLate) << "how long after its deadline a call ended";
}

TEST_P(TableSemantics, HundredsOfCallsAtOnceAllEnd) {
  constexpr int kCalls = 300;
  std::vector<WriteCall> writes;
  for (int i = 0; i < kCalls; ++i) {
    writes.push_back(StartPut(table(), watch(), std::chrono::minutes(1), std::to_string(i)));
  }
  int applied = 0;
  for (WriteCall& write : writes) {
    ASSERT_TRUE(write.Wait(std::chrono::seconds(20)));
    absl::StatusOr<Written> written = write.Take();
    // A queue may be full: then the write was refused, certainly not applied.
    if (written.ok()) {
      ++applied;
    } else {
      EXPECT_THAT(written, RefusedWith(Code::kResourceExhausted));
    }
  }
  watch().NoteWrite();
  EXPECT_GT(applied, 0);
  EXPECT_THAT(sync().ListAll(100), ::testing::SizeIs(applied));
}

TEST_P(TableSemantics, AnOperationTriedAgainWhileTheFirstIsUnderWayIsAppliedOnce) {
  for (int i = 0; i < 30; ++i) {
    const Operation operation;
    const std::string id = std::to_string(i);
    std::vector<WriteCall> tries;
    for (int attempt = 0; attempt < 4; ++attempt) {
      tries.push_back(StartPut(table(), watch(), std::chrono::minutes(1), id, operation));
    }
    int applied = 0;
    std::string version;
    for (WriteCall& attempt : tries) {
      ASSERT_TRUE(attempt.Wait(kPatience));
      const Written written = attempt.Take().value();
      applied += written.replayed ? 0 : 1;
      if (version.empty()) version = written.version;
      EXPECT_EQ(written.version, version);
    }
    watch().NoteWrite();
    EXPECT_EQ(applied, 1);
    EXPECT_EQ(sync().MustGet(id)->version, version);
  }
}

TEST_P(TableSemantics, AWriteAfterACancelledOneOfTheSameRecordIsApplied) {
  for (int i = 0; i < 30; ++i) {
    WriteCall first = StartPut(table(), watch(), std::chrono::minutes(1), "ana");
    first.call().Cancel(absl::CancelledError("gone"));
    ASSERT_TRUE(first.Wait(kPatience));
    const std::string value = std::to_string(i);
    const std::string version = sync().MustPut(Record("ana", value));
    EXPECT_THAT(sync().Get("ana"), HasValue(value)) << "what was cancelled came after";
    EXPECT_EQ(sync().MustGet("ana")->version, version);
  }
}

}  // namespace tomada::testing
