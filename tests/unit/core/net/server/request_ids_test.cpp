#include "net/server/request_ids.h"

#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tomada::net {
namespace {

TEST(RequestIdsTest, NoTwoAreAlike) {
  RequestIds one, other;
  std::set<std::string> seen;
  for (int i = 0; i < 10'000; ++i) {
    seen.emplace(one.Next());
    seen.emplace(other.Next());
  }
  EXPECT_EQ(seen.size(), 20'000u);
  EXPECT_THAT(*seen.begin(), ::testing::MatchesRegex("[0-9a-f]{16}"));
}

}  // namespace
}  // namespace tomada::net
