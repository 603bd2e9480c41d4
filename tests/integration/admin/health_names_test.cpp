// `tomada health` where the admin's address is a name. In a network of its own, with a name server of its own.
#include <chrono>
#include <string>

#include <gtest/gtest.h>

#include "support/name_server.h"
#include "support/private_network.h"
#include "support/process.h"

namespace tomada::testing {
namespace {

std::string refused;  // why there is no private network; empty when there is

// What it prints.
std::string AskHealth() {
  Process health({TomadaBinary(), "health", "--admin", "admin.test:9901", "--timeout", "500ms"});
  EXPECT_EQ(health.Wait(), 1) << health.output();
  return health.output();
}

TEST(HealthNames, ASilentNameServerIsNotWaitedFor) {
  if (!refused.empty()) GTEST_SKIP() << "no private network here: " << refused;
  NameServer names;
  names.StaySilent();
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(AskHealth(), "not ready: admin.test:9901: name look-up timed out\n");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(4)) << "the resolver asks again after 5 s";

  names.Answer({"127.0.0.1"});
  EXPECT_EQ(AskHealth(), "not ready: admin.test:9901: Connection refused\n");
  names.Answer({});
  EXPECT_EQ(AskHealth(), "not ready: admin.test:9901: Name or service not known\n");
}

}  // namespace
}  // namespace tomada::testing

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  tomada::testing::refused = tomada::testing::EnterPrivateNetwork();
  return RUN_ALL_TESTS();
}
