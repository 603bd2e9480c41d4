#include "rpc/timeout.h"

#include <gtest/gtest.h>

namespace tomada::rpc {
namespace {

using namespace std::chrono_literals;

TEST(ParseTimeoutTest, HasUpToEightDigitsAndAUnit) {
  EXPECT_EQ(ParseTimeout("2H"), 2h);
  EXPECT_EQ(ParseTimeout("3M"), 3min);
  EXPECT_EQ(ParseTimeout("4S"), 4s);
  EXPECT_EQ(ParseTimeout("250m"), 250ms);
  EXPECT_EQ(ParseTimeout("6u"), 6us);
  EXPECT_EQ(ParseTimeout("00000007n"), 7ns);
  EXPECT_EQ(ParseTimeout("0n"), 0ns);
  EXPECT_EQ(ParseTimeout("99999999S"), kLongestTimeout);
  EXPECT_EQ(ParseTimeout("99999999H"), kLongestTimeout) << "more than 64 bits of nanoseconds";
}

TEST(ParseTimeoutTest, Malformed) {
  for (std::string_view bad :
       {"", "S", "1", "1s", "1h", "-1S", "+1S", " 1S", "1 S", "1.5S", "123456789S", "1SS", "0x1S", "S1"}) {
    EXPECT_EQ(ParseTimeout(bad), std::nullopt) << bad;
  }
}

TEST(PrintTimeoutTest, IsRoundedUp) {
  EXPECT_EQ(PrintTimeout(250ms), "250m");
  EXPECT_EQ(PrintTimeout(1ns), "1m");
  EXPECT_EQ(PrintTimeout(1ms + 1ns), "2m");
  EXPECT_EQ(PrintTimeout(99'999'999ms), "99999999m");
  EXPECT_EQ(PrintTimeout(99'999'999ms + 1ns), "100001S");
  EXPECT_EQ(PrintTimeout(0ns), "1m") << "no time left is for the caller to tell";
  EXPECT_EQ(PrintTimeout(-1h), "1m");
  EXPECT_EQ(PrintTimeout(std::chrono::nanoseconds::max()), "99999999S");
  for (std::chrono::nanoseconds timeout :
       std::initializer_list<std::chrono::nanoseconds>{1ns, 999'999ns, 1s, 48h + 1ns}) {
    EXPECT_GE(ParseTimeout(PrintTimeout(timeout)), timeout) << timeout.count();
  }
}

}  // namespace
}  // namespace tomada::rpc
