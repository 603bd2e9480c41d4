#include "support/redis_sentinels.h"

#include <gtest/gtest.h>

namespace tomada::testing {
namespace {

TEST(RedisSentinelsTest, AgreeOnAnotherPrimaryAndTakeTheOldOneBack) {
  RedisSentinels sentinels(1);
  EXPECT_EQ(sentinels.addresses().size(), 3u);
  EXPECT_EQ(sentinels.primary(), 0u);
  RedisClient client = sentinels.server(0).Connect();  // WAIT waits for the writes of its own connection
  client.Command({"SET", "a", "1"});
  client.Command({"WAIT", "1", "5000"});
  const size_t old = sentinels.KillPrimary();
  EXPECT_EQ(old, 0u);
  EXPECT_EQ(sentinels.WaitForPrimaryOtherThan(old), 1u);
  EXPECT_EQ(sentinels.server(1).Command({"GET", "a"}).text, "1");
  sentinels.AddBack(old);
  sentinels.WaitForReplicas(1);
  EXPECT_EQ(sentinels.server(old).Command({"GET", "a"}).text, "1");
}

}  // namespace
}  // namespace tomada::testing
