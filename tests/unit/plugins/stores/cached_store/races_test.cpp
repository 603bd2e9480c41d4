// Fills, writes and drops that meet, each order forced.
#include <absl/time/clock.h>

#include "gated_test.h"

namespace tomada::testing {
namespace {

using Code = absl::StatusCode;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

using CacheRaces = GatedTest;

TEST_F(CacheRaces, ManyReadersMakeOneReadOfTheStore) {
  ASSERT_THAT(table().Put(Record("ana", "1")), IsApplied());
  store().Hold(What::kGet, When::kAfter);
  std::vector<std::future<Read>> readers;
  for (int i = 0; i < 8; ++i) readers.push_back(GetAside("ana"));
  store().WaitHeld(1);
  WaitForFollowers(7);
  EXPECT_EQ(store().calls(What::kGet), 1u);
  store().LetGo();
  for (auto& reader : readers) EXPECT_THAT(reader.get(), HasValue("1"));
  EXPECT_EQ(store().calls(What::kGet), 1u);
  EXPECT_TRUE(Eventually([&] { return instance().cached().keys_known() == 0; }));
}

TEST_F(CacheRaces, ACancelledLeaderTakesNobodyWithIt) {
  ASSERT_THAT(table().Put(Record("ana", "1")), IsApplied());
  store().Hold(What::kGet, When::kAfter);
  TestCall leader;
  std::future<Read> led = GetAside("ana", &leader);
  store().WaitHeld(1);
  std::vector<std::future<Read>> followers;
  for (int i = 0; i < 4; ++i) followers.push_back(GetAside("ana"));
  WaitForFollowers(4);
  leader.Cancel(absl::CancelledError("the client went away"));
  EXPECT_THAT(led.get(), FailsWith(Code::kCancelled));
  store().WaitHeld(1);
  EXPECT_EQ(store().calls(What::kGet), 2u) << "one of the others reads";
  store().LetGo();
  for (auto& follower : followers) EXPECT_THAT(follower.get(), HasValue("1"));
  EXPECT_TRUE(Eventually([&] { return instance().cached().keys_known() == 0; }));
}

TEST_F(CacheRaces, AFollowerEndsByItsOwnDeadlineOrCancellation) {
  store().Hold(What::kGet, When::kBefore);
  std::future<Read> led = GetAside("ana");
  store().WaitHeld(1);
  TestCall brief(milliseconds(50)), cancelled;
  std::future<Read> late = GetAside("ana", &brief), gone = GetAside("ana", &cancelled);
  EXPECT_THAT(late.get(), FailsWith(Code::kDeadlineExceeded)) << "though the read is still held";
  cancelled.Cancel(absl::CancelledError("the client went away"));
  EXPECT_THAT(gone.get(), FailsWith(Code::kCancelled));
  store().LetGo();
  EXPECT_THAT(led.get(), IsAbsent());
}

TEST_F(CacheRaces, AFollowerEndsByItsDeadlineOnItsOwnThread) {
  store().Hold(What::kGet, When::kBefore);
  std::future<Read> led = GetAside("ana");
  store().WaitHeld(1);
  TestExecutor executor;
  TestCall brief(milliseconds(50), executor);
  bool there = false;
  EXPECT_THAT(executor.Run(GetAndLook("ana", brief, there)), FailsWith(Code::kDeadlineExceeded));
  EXPECT_TRUE(there);
  store().LetGo();
  EXPECT_THAT(led.get(), IsAbsent());
}

TEST_F(CacheRaces, AnErrorOfTheStoreIsSharedAndNotKept) {
  store().Hold(What::kGet, When::kBefore);
  store().Fail(What::kGet, When::kAfter, absl::UnavailableError("away"));
  std::future<Read> led = GetAside("ana"), follower = GetAside("ana");
  store().WaitHeld(1);
  store().LetGo();
  EXPECT_THAT(led.get(), FailsWith(Code::kUnavailable));
  EXPECT_THAT(follower.get(), FailsWith(Code::kUnavailable));
  store().Fail(What::kGet, When::kAfter, absl::OkStatus());
  EXPECT_THAT(table().Get("ana"), IsAbsent());
}

TEST_F(CacheRaces, AFillThatBeganBeforeAWriteIsNotKept) {
  ASSERT_THAT(table().Put(Record("ana", "old")), IsApplied());
  store().Hold(What::kGet, When::kAfter);
  std::future<Read> reader = GetAside("ana");
  store().WaitHeld(1);
  ASSERT_THAT(table().Put(Record("ana", "new")), IsApplied());
  std::future<Read> later = GetAside("ana");  // must not join the read that has the old value in its hands
  store().WaitHeld(2);
  store().LetGo();
  EXPECT_THAT(reader.get(), HasValue("old")) << "it began before the write";
  EXPECT_THAT(later.get(), HasValue("new"));
  EXPECT_THAT(table().Get("ana"), HasValue("new"));
}

TEST_F(CacheRaces, AbsentReadBeforeAnInsertIsNotKept) {
  store().Hold(What::kFind, When::kAfter);
  std::future<Read> reader = std::async(std::launch::async, [this] { return table().Find("email", "a@x"); });
  store().WaitHeld(1);
  ASSERT_THAT(table().Insert(RecordWithKeys("ana", "1", {{"email", "a@x"}})), IsApplied());
  store().LetGo();
  EXPECT_THAT(reader.get(), IsAbsent());
  EXPECT_THAT(table().Find("email", "a@x"), HasValue("1"));
}

// The remove does not know which keys the record holds, and so not of the Find that is under way.
TEST_F(CacheRaces, WhoFollowsAFindIsNotGivenWhatHasBeenRemovedSince) {
  ASSERT_THAT(table().Insert(RecordWithKeys("ana", "1", {{"email", "a@x"}})), IsApplied());
  store().Hold(What::kFind, When::kAfter);
  const auto find = [this] { return table().Find("email", "a@x"); };
  auto reader = std::async(std::launch::async, find);
  store().WaitHeld(1);
  ASSERT_THAT(table().Remove("ana"), IsApplied());
  auto follower = std::async(std::launch::async, find);
  WaitForFollowers(1);
  EXPECT_EQ(store().calls(What::kFind), 1u) << "it follows";
  store().LetGo();
  EXPECT_THAT(reader.get(), HasValue("1")) << "it began before the remove";
  EXPECT_THAT(follower.get(), IsAbsent());
}

TEST_F(CacheRaces, WhileAWriteIsUnderWayNobodyIsGivenACachedRecord) {
  PutAndRead(Record("ana", "old"));
  store().Hold(What::kWrite, When::kAfter);
  auto writer = std::async(std::launch::async, [this] { return table().Put(Record("ana", "new")); });
  store().WaitHeld(1);
  EXPECT_THAT(table().Get("ana"), HasValue("new"));
  EXPECT_THAT(table().Get("ana"), HasValue("new"));
  store().LetGo();
  EXPECT_THAT(writer.get(), IsApplied());
  EXPECT_THAT(table().Get("ana"), HasValue("new"));
}

TEST_F(CacheRaces, AWriteThatMeetsAPutOnItsWayLeavesNothingOldBehind) {
  ASSERT_THAT(table().Put(Record("ana", "old")), IsApplied());
  cache().Hold(What::kWrite, When::kBefore);
  ASSERT_THAT(table().Get("ana"), HasValue("old"));
  cache().WaitHeld(1);
  ASSERT_THAT(table().Put(Record("ana", "new")), IsApplied());
  EXPECT_THAT(table().Get("ana"), HasValue("new"));
  cache().LetGo();
  EXPECT_TRUE(Eventually([&] { return instance().cached().keys_known() == 0; }));
  EXPECT_THAT(table().Get("ana"), HasValue("new"));
  EXPECT_THAT(table().Get("ana"), HasValue("new"));
}

// The cache did not say whether it has made a put: it may yet do so, after any drop.
TEST_F(CacheRaces, AfterAnUnknownPutTheKeyIsNotTrusted) {
  ASSERT_THAT(table().Put(Record("ana", "old")), IsApplied());
  cache().Fail(What::kWrite, When::kAfter, absl::UnavailableError("cut"));
  ASSERT_THAT(table().Get("ana"), HasValue("old"));
  cache().Fail(What::kWrite, When::kAfter, absl::OkStatus());
  EXPECT_EQ(instance().cached().keys_known(), 1u);
  ASSERT_THAT(table().Put(Record("ana", "new")), IsApplied());
  EXPECT_THAT(table().Get("ana"), HasValue("new"));
  EXPECT_EQ(instance().cached().keys_known(), 1u);
}

TEST_F(CacheRaces, ALostDropIsMadeUpForByTheNextRead) {
  PutAndRead(Record("ana", "old"));
  cache().Fail(What::kRemove, When::kBefore, absl::UnavailableError("away"));
  ASSERT_THAT(table().Put(Record("ana", "new")), IsApplied());
  const auto read_until = [&](const std::function<bool()>& done) {
    EXPECT_TRUE(Eventually([&] {
      EXPECT_THAT(table().Get("ana"), HasValue("new"));
      return done();
    }));
  };
  // The old one is still in the cache, and each try to drop it fails.
  read_until([&] { return cache().calls(What::kRemove) >= 3; });
  cache().Fail(What::kRemove, When::kBefore, absl::OkStatus());
  read_until([&] { return instance().cached().keys_known() == 0; });
  size_t reads = 0;
  read_until([&] { return std::exchange(reads, store().reads()) == store().reads(); });  // from the cache again
}

TEST_F(CacheRaces, AWriteOfUnknownOutcomeCountsAsDone) {
  PutAndRead(Record("ana", "old"));
  store().Fail(What::kWrite, When::kAfter, absl::UnavailableError("cut"));
  EXPECT_THAT(table().Put(Record("ana", "new")), FailsWith(Code::kUnavailable));
  EXPECT_THAT(table().Get("ana"), HasValue("new"));
  EXPECT_EQ(instance().cached().keys_known(), 1u) << "it may also happen later";
}

TEST_F(CacheRaces, AWriteThatWasNotAppliedLeavesTheCacheAlone) {
  PutAndRead(Record("ana", "1"));
  store().Fail(What::kWrite, When::kBefore, NotApplied(absl::UnavailableError("away")));
  EXPECT_THAT(table().Put(Record("ana", "2")), RefusedWith(Code::kUnavailable));
  const size_t reads = store().reads();
  EXPECT_THAT(table().Get("ana"), HasValue("1"));
  EXPECT_EQ(store().reads(), reads);
}

TEST_F(CacheRaces, ACancelledWriteIsDroppedByOthers) {
  PutAndRead(Record("ana", "old"));
  store().Hold(What::kWrite, When::kAfter);
  TestCall call;
  auto writer = std::async(std::launch::async, [&] {
    const Operation operation;
    return Await(instance().table().Put(call, operation, Record("ana", "new")));
  });
  store().WaitHeld(1);
  call.Cancel(absl::CancelledError("the client went away"));
  EXPECT_EQ(OutcomeOf(writer.get().status()), WriteOutcome::kUnknown);
  store().LetGo();
  EXPECT_THAT(table().Get("ana"), HasValue("new"));
  EXPECT_TRUE(Eventually([&] { return cache().calls(What::kRemove) >= 2; }));
}

// Of a store that is shared, every process has a cached store of its own.
class TwoProcesses : public GatedTest {
 protected:
  static constexpr milliseconds kTtl{400};
  static cached_store::Config ShortLived() {
    cached_store::Config config;
    config.ttl = absl::FromChrono(kTtl);
    config.negative_ttl = config.ttl;
    config.cache_pause = absl::Milliseconds(1);
    return config;
  }

  TwoProcesses() : GatedTest(ShortLived()), second_(store_, cache_, ShortLived()) {}
  SyncTable other() { return second_.sync(); }

  Instance second_;
};

TEST_F(TwoProcesses, ShareTheCacheAndDropForEachOther) {
  PutAndRead(Record("ana", "1"));
  const size_t reads = store().reads();
  EXPECT_THAT(other().Get("ana"), HasValue("1"));
  EXPECT_EQ(store().reads(), reads);
  ASSERT_THAT(other().Put(Record("ana", "2")), IsApplied());
  EXPECT_THAT(table().Get("ana"), HasValue("2"));
}

// Whoever starts next knows nothing of what was doubtful before.
TEST_F(TwoProcesses, AStopLeavesNothingBehindThatItsOwnWritesMadeOld) {
  ASSERT_THAT(table().Put(Record("ana", "old")), IsApplied());
  cache().Hold(What::kWrite, When::kBefore);
  ASSERT_THAT(table().Get("ana"), HasValue("old"));
  cache().WaitHeld(1);
  ASSERT_THAT(table().Put(Record("ana", "new")), IsApplied());
  std::future<absl::Status> stopped =
      std::async(std::launch::async, [this] { return instance().cached().Stop(Deadline::max()); });
  EXPECT_TRUE(Eventually([&] { return instance().cached().stopping(); }));
  cache().LetGo();
  EXPECT_EQ(stopped.get(), absl::OkStatus());
  EXPECT_THAT(other().Get("ana"), HasValue("new"));
}

TEST_F(TwoProcesses, AFillThatEndsAfterTheOthersWriteEndsWithTheTtlOfItsRead) {
  ASSERT_THAT(table().Put(Record("ana", "old")), IsApplied());
  store().Hold(What::kGet, When::kAfter);
  std::future<Read> reader = GetAside("ana");
  store().WaitHeld(1);
  const auto begun = steady_clock::now();  // the read has, at the latest
  ASSERT_THAT(other().Put(Record("ana", "new")), IsApplied());
  std::this_thread::sleep_for(kTtl / 2);
  store().LetGo();
  EXPECT_THAT(reader.get(), HasValue("old"));
  for (;;) {
    const auto asked = steady_clock::now();
    Read read = other().Get("ana");
    ASSERT_TRUE(read.ok() && *read);
    if ((*read)->value == "new") break;
    ASSERT_LT(asked - begun, kTtl + milliseconds(5)) << "counted from the read, not from the put";
    std::this_thread::sleep_for(milliseconds(1));
  }
  EXPECT_THAT(table().Get("ana"), HasValue("new"));
}

TEST_F(TwoProcesses, WhenNoDropArrivesNothingIsOlderThanTheTtl) {
  PutAndRead(Record("ana", "old"));
  cache().Fail(What::kRemove, When::kBefore, absl::UnavailableError("away"));
  ASSERT_THAT(other().Put(Record("ana", "new")), IsApplied());
  const auto written = steady_clock::now();
  EXPECT_THAT(other().Get("ana"), HasValue("new")) << "whoever wrote it reads it";
  for (;;) {
    const auto asked = steady_clock::now();
    Read read = table().Get("ana");
    ASSERT_TRUE(read.ok() && *read);
    if ((*read)->value == "new") break;
    ASSERT_LT(asked - written, kTtl + milliseconds(5));
  }
  EXPECT_TRUE(Eventually([&] { return second_.cached().keys_known() == 0; })) << "doubt ends with the ttl";
}

TEST_F(TwoProcesses, WhatIsKnownOfDoubtfulKeysIsBoundedAndEnds) {
  PutAndRead(Record("7", "old"));
  cache().Fail(What::kRemove, When::kBefore, absl::UnavailableError("away"));
  size_t most = 0;
  for (int i = 0; i < 70'000; ++i) {
    ASSERT_TRUE(table().Put(Record(std::to_string(i), "new")).ok());
    if (i % 1000 == 0) most = std::max(most, instance().cached().keys_known());
    if (i > 7 && i % 5000 == 0) {
      ASSERT_THAT(table().Get("7"), HasValue("new"));
    }
  }
  EXPECT_LE(most, 65'536u);
  EXPECT_TRUE(Eventually([&] { return instance().cached().keys_known() == 0; }));
}

}  // namespace
}  // namespace tomada::testing
