// What the tests share that take a network apart: they run in one of their own.
#pragma once

#include <string>

#include "fault_test.h"
#include "support/private_network.h"

namespace tomada::testing {

class NetworkTest : public FaultTest {
 public:
  // Set by main: why there is no private network; empty when there is.
  inline static std::string refused;

 protected:
  void SetUp() override {
    if (!refused.empty()) GTEST_SKIP() << "no private network here: " << refused;
  }
};

}  // namespace tomada::testing
