// Runs the driver.
#pragma once

#include <cstdlib>
#include <map>
#include <random>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "integration/stores/rocksdb_faults/audit.h"
#include "support/long_form.h"
#include "support/process.h"
#include "support/temp_dir.h"

namespace tomada::testing {

// How many rounds of chance a test plays: few in the usual suite, 200 in the long form.
inline int Rounds(int few) { return LongForm() ? 200 : few; }

class FaultTest : public ::testing::Test {
 protected:
  // Chance that can be played again: the seed is printed, and taken from TOMADA_SEED when that is set.
  FaultTest() {
    const char* given = std::getenv("TOMADA_SEED");
    const unsigned seed = given != nullptr ? static_cast<unsigned>(std::stoul(given)) : std::random_device()();
    random_.seed(seed);
    RecordProperty("seed", static_cast<int>(seed));
    std::printf("TOMADA_SEED=%u\n", seed);
  }

  std::string NewDirectory() { return temp_.path() / ("store" + std::to_string(directories_++)); }

  std::unique_ptr<Process> StartDriver(const std::string& directory, const std::string& durability,
                                       const std::map<std::string, std::string>& environment = {}) {
    Process::Options options;
    options.environment = environment;
    return std::make_unique<Process>(
        std::vector<std::string>{FAULT_DRIVER, directory, durability, std::to_string(++runs_)}, options);
  }

  int Random(int least, int most) { return std::uniform_int_distribution<int>(least, most)(random_); }

 private:
  TempDir temp_;
  int directories_ = 0;
  int runs_ = 0;
  std::mt19937 random_;
};

// Findings without anything found.
inline void ExpectClean(const Findings& findings, int round) {
  EXPECT_THAT(findings.lost, ::testing::IsEmpty()) << "round " << round;
  EXPECT_THAT(findings.inconsistent, ::testing::IsEmpty()) << "round " << round;
}

}  // namespace tomada::testing
