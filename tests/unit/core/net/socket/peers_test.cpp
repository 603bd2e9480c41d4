#include "net/socket/peers.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <vector>

#include <gtest/gtest.h>

namespace tomada::net {
namespace {

using enum Peers::Verdict;

sockaddr_storage AddressOf(const char* text) {
  sockaddr_storage address{};
  auto& v6 = reinterpret_cast<sockaddr_in6&>(address);
  auto& v4 = reinterpret_cast<sockaddr_in&>(address);
  if (inet_pton(AF_INET6, text, &v6.sin6_addr) == 1) {
    address.ss_family = AF_INET6;
  } else if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
    address.ss_family = AF_INET;
  } else {
    address.ss_family = AF_UNIX;
  }
  return address;
}

TEST(PeersTest, AnAddressIsAClientHoweverItIsWritten) {
  Peers peers(1, Peers::Local::kCounted);
  const Peers::Slot v4 = peers.Enter(AddressOf("192.0.2.1"));
  EXPECT_EQ(v4.verdict(), kAdmitted);
  EXPECT_EQ(peers.Enter(AddressOf("192.0.2.1")).verdict(), kRefused);
  EXPECT_EQ(peers.Enter(AddressOf("::ffff:192.0.2.1")).verdict(), kRefused);
  EXPECT_EQ(peers.Enter(AddressOf("192.0.2.2")).verdict(), kAdmitted);
  {
    const Peers::Slot v6 = peers.Enter(AddressOf("2001:db8:1:2::3"));
    EXPECT_EQ(v6.verdict(), kAdmitted);
    EXPECT_EQ(peers.Enter(AddressOf("2001:db8:1:2:ffff::4")).verdict(), kRefused);
    EXPECT_EQ(peers.Enter(AddressOf("2001:db8:1:3::3")).verdict(), kAdmitted);
  }
  EXPECT_EQ(peers.Enter(AddressOf("2001:db8:1:2:ffff::4")).verdict(), kAdmitted) << "its place is free again";
}

TEST(PeersTest, ThoseRefusedAreFewToo) {
  Peers peers(1, Peers::Local::kCounted);
  std::vector<Peers::Slot> slots;
  slots.push_back(peers.Enter(AddressOf("192.0.2.1")));
  for (int i = 0; i < Peers::kMaxRefused; ++i) {
    slots.push_back(peers.Enter(AddressOf("192.0.2.1")));
    EXPECT_EQ(slots.back().verdict(), kRefused);
  }
  EXPECT_EQ(peers.Enter(AddressOf("192.0.2.1")).verdict(), kDropped);
  EXPECT_EQ(peers.Enter(AddressOf("192.0.2.2")).verdict(), kAdmitted);
  slots.pop_back();
  EXPECT_EQ(peers.Enter(AddressOf("192.0.2.1")).verdict(), kRefused);
}

TEST(PeersTest, WithoutAnAddressOrFromThisMachineNobodyIsRefused) {
  Peers one(1, Peers::Local::kCounted), others(1, Peers::Local::kExempt);
  std::vector<Peers::Slot> slots;
  for (int i = 0; i < 3; ++i) {
    slots.push_back(one.Enter(AddressOf("a unix socket")));
    EXPECT_EQ(slots.back().verdict(), kAdmitted);
    for (const char* local : {"127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"}) {
      slots.push_back(others.Enter(AddressOf(local)));
      EXPECT_EQ(slots.back().verdict(), kAdmitted) << local;
    }
    slots.push_back(others.Enter(AddressOf("192.0.2.1")));
    EXPECT_EQ(slots.back().verdict(), i == 0 ? kAdmitted : kRefused);
  }
}

}  // namespace
}  // namespace tomada::net
