#include "tomada/trusted_proxies.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tomada::testing {
namespace {

using ::testing::HasSubstr;
using Values = std::vector<std::string_view>;

TEST(TrustedProxies, AreAddressesNetworksAndUnix) {
  const TrustedProxies proxies =
      TrustedProxies::Parse({"192.0.2.7", "10.0.0.0/8", "2001:db8:8000::/33", "unix"}).value();
  for (const char* trusted : {"192.0.2.7", "::ffff:192.0.2.7", "10.255.0.1", "2001:db8:ffff::1", "unix"}) {
    EXPECT_TRUE(proxies.Trusts(trusted)) << trusted;
  }
  for (const char* other : {"192.0.2.8", "11.0.0.1", "2001:db8:7fff::1", "::1", "", "unknown"}) {
    EXPECT_FALSE(proxies.Trusts(other)) << other;
  }
  EXPECT_FALSE(TrustedProxies().Trusts("unix"));
  EXPECT_TRUE(TrustedProxies::Parse({"0.0.0.0/0"})->Trusts("203.0.113.9"));
  EXPECT_FALSE(TrustedProxies::Parse({"0.0.0.0/0"})->Trusts("2001:db8::1"));
}

TEST(TrustedProxies, WhatIsNoneIsNamedByItsNumber) {
  for (const char* wrong :
       {"10.0.0.0/33", "10.0.0.0/", "10.0.0.0/8 ", "10.0.0/8", "host", "", "::1/129", "::1/-1", "/8"}) {
    const absl::Status status = TrustedProxies::Parse({"::1", wrong}).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << wrong;
    EXPECT_THAT(std::string(status.message()), HasSubstr("the 2. is no address")) << wrong;
  }
}

TEST(TrustedProxies, OnlyTheirWordCounts) {
  const TrustedProxies proxies = TrustedProxies::Parse({"10.0.0.0/8", "unix"}).value();
  struct Case {
    const char* connected;
    Values forwarded_for;
    const char* client;
  };
  const std::vector<Case> cases = {
      {"203.0.113.9", {}, "203.0.113.9"},
      {"203.0.113.9", {"198.51.100.1"}, "203.0.113.9"},  // its own invention
      {"10.0.0.1", {}, "10.0.0.1"},
      {"10.0.0.1", {"198.51.100.1"}, "198.51.100.1"},
      {"unix", {"198.51.100.1"}, "198.51.100.1"},
      {"10.0.0.1", {"192.0.2.66, 198.51.100.1"}, "198.51.100.1"},  // what the client had put before it
      {"10.0.0.1", {"192.0.2.66, 198.51.100.1,10.0.0.2"}, "198.51.100.1"},
      {"10.0.0.1", {"192.0.2.66", "198.51.100.1", " 10.0.0.2 "}, "198.51.100.1"},  // several headers are one list
      {"10.0.0.1", {"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
      {"10.0.0.1", {"198.51.100.1:4711"}, "198.51.100.1"},
      {"10.0.0.1", {"[2001:db8::1]:4711"}, "2001:db8::1"},
      {"::ffff:10.0.0.1", {"::ffff:198.51.100.1"}, "198.51.100.1"},
      {"10.0.0.1", {"198.51.100.1, unknown"}, "10.0.0.1"},
      {"10.0.0.1", {"198.51.100.1, , 10.0.0.2"}, "10.0.0.2"},
      {"10.0.0.1", {"["}, "10.0.0.1"},
      {"10.0.0.1", {""}, "10.0.0.1"},
      {"", {"198.51.100.1"}, ""},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(proxies.ClientOf(c.connected, c.forwarded_for), c.client)
        << c.connected << ": " << ::testing::PrintToString(c.forwarded_for);
  }
}

}  // namespace
}  // namespace tomada::testing
