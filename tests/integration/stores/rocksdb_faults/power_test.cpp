// A disk that loses what was not synced, or that fails a sync (see support/power_cut.cpp).
#include "integration/stores/rocksdb_faults/faults.h"

namespace tomada::testing {
namespace {

class RocksdbPower : public FaultTest {
 protected:
#ifdef __SANITIZE_THREAD__
  // It stands before the same calls as the preloaded disk: a cut while a thread starts can wait for ever in it.
  void SetUp() override { GTEST_SKIP() << "not with the thread sanitizer"; }
#endif
  // The disk under `directory`: the power goes at the n-th write to it, and of what was not synced it keeps nothing, or
  // a part by chance.
  std::map<std::string, std::string> CutAt(const std::string& directory, int write, bool keeps_some) {
    return {{"LD_PRELOAD", POWER_CUT},
            {"POWER_CUT_DIRECTORY", directory},
            {"POWER_CUT_AT_WRITE", std::to_string(write)},
            {"POWER_CUT_KEEP_SEED", keeps_some ? std::to_string(Random(1, 1'000'000)) : "0"},
            {"ASAN_OPTIONS", "verify_asan_link_order=0"}};
  }
  static constexpr int kCut = 99;  // the driver's exit code when the power goes
};

TEST_F(RocksdbPower, WhatWasAcknowledgedAsSyncedSurvivesAPowerCut) {
  const std::string directory = NewDirectory();
  Audit audit;
  size_t acknowledged = 0;
  for (int round = 0; round < Rounds(8) && !HasFailure(); ++round) {
    const auto disk = CutAt(directory, round % 5 == 4 ? Random(1, 30) : Random(30, 500), round % 2 == 1);
    const std::unique_ptr<Process> driver = StartDriver(directory, "synced", disk);
    ASSERT_EQ(driver->Wait(), kCut) << driver->err();
    const Findings findings = audit.Check(driver->out(), directory);
    ExpectClean(findings, round);
    acknowledged += findings.acknowledged;
  }
  EXPECT_GT(acknowledged, 100u);
  std::printf("%zu acknowledged writes\n", acknowledged);
}

// At `applied` the last writes go, which shows that the disk forgets and that the audit sees it; unless the cut comes
// right after the sync of a second. What is left is the beginning of what was written: records and keys agree.
TEST_F(RocksdbPower, OfWhatWasAcknowledgedAsAppliedAPowerCutTakesTheEnd) {
  int rounds_with_loss = 0;
  for (int round = 0; round < Rounds(3) && !HasFailure(); ++round) {
    const std::string directory = NewDirectory();
    const auto disk = CutAt(directory, Random(500, 1500), round % 2 == 1);
    const std::unique_ptr<Process> driver = StartDriver(directory, "applied", disk);
    ASSERT_EQ(driver->Wait(), kCut) << driver->err();
    const Findings findings = Audit().Check(driver->out(), directory);
    rounds_with_loss += !findings.lost.empty();
    EXPECT_THAT(findings.inconsistent, ::testing::IsEmpty());
  }
  EXPECT_GT(rounds_with_loss, Rounds(3) / 2);
}

TEST_F(RocksdbPower, AFailedSyncIsNotTakenForAWrite) {
  const std::string directory = NewDirectory();
  Audit audit;
  for (int round = 0; round < Rounds(3) && !HasFailure(); ++round) {
    std::map<std::string, std::string> disk = CutAt(directory, 0, false);
    disk["POWER_CUT_FAIL_LOG_SYNC"] = std::to_string(Random(1, 200));
    const std::unique_ptr<Process> driver = StartDriver(directory, "synced", disk);
    ASSERT_EQ(driver->Wait(), 0) << driver->err();
    EXPECT_THAT(driver->out(), ::testing::ContainsRegex("\nU "));
    ExpectClean(audit.Check(driver->out(), directory), round);
  }
}

}  // namespace
}  // namespace tomada::testing
