// kill -9 at any instant, again and again on the same directory.
#include <signal.h>

#include <thread>

#include "integration/stores/rocksdb_faults/faults.h"

namespace tomada::testing {
namespace {

class RocksdbCrash : public FaultTest, public ::testing::WithParamInterface<std::string> {};

TEST_P(RocksdbCrash, WhatWasAcknowledgedIsThereAfterAKillAndNothingTwice) {
  const std::string directory = NewDirectory();
  Audit audit;
  size_t acknowledged = 0;
  for (int round = 0; round < Rounds(10) && !HasFailure(); ++round) {
    const std::unique_ptr<Process> driver = StartDriver(directory, GetParam());
    const bool while_it_starts = round % 5 == 4;
    if (!while_it_starts) driver->WaitForLine(".");  // the first acknowledged write
    std::this_thread::sleep_for(std::chrono::milliseconds(while_it_starts ? Random(5, 40) : Random(0, 300)));
    driver->Signal(SIGKILL);
    ASSERT_EQ(driver->Wait(), 128 + SIGKILL) << driver->err();
    const Findings findings = audit.Check(driver->out(), directory);
    ExpectClean(findings, round);
    acknowledged += findings.acknowledged;
  }
  EXPECT_GT(acknowledged, static_cast<size_t>(Rounds(10)));
  std::printf("%zu acknowledged writes\n", acknowledged);
}

INSTANTIATE_TEST_SUITE_P(Durabilities, RocksdbCrash, ::testing::Values("synced", "applied"),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace tomada::testing
