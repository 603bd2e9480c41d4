// How many connections the server has, and each client of it.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connection/peers.h"
#include "test_client.h"
#include "test_service.h"

namespace tomada::pistache_http {
namespace {

using enum Peers::Verdict;
using testing::HasSubstr;

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

TEST(ConnectionLimitTest, TheNextConnectionIsToldSo) {
  TestServer server([](Config& config) { config.max_connections = 2; });
  TestClient first(server.address()), second(server.address());
  EXPECT_EQ(first.Ask("GET", "/usuarios/u1")->status, 200);
  EXPECT_EQ(second.Ask("GET", "/usuarios/u1")->status, 200);
  TestClient third(server.address());
  auto response = third.Receive();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 503);
  EXPECT_EQ(response->headers["retry-after"], "1");
  EXPECT_EQ(response->headers["connection"], "close");
  EXPECT_THAT(response->body, HasSubstr("the server has too many connections"));
  EXPECT_TRUE(third.AtEnd());
  third.Close();
  first.Close();
  EXPECT_TRUE(TestService::WaitUntil([&] {
    TestClient next(server.address());
    auto answer = next.Ask("GET", "/usuarios/u1");
    return answer && answer->status == 200;
  }));
}

TEST(ConnectionLimitTest, OnePeerCannotTakeThemAll) {
  TestServer server([](Config& config) {
    config.max_connections_per_peer = 2;
    config.workers = 2;  // which count together
  });
  TestClient first(server.address()), second(server.address());
  EXPECT_EQ(first.Ask("GET", "/usuarios/u1")->status, 200);
  EXPECT_EQ(second.Ask("GET", "/usuarios/u1")->status, 200);
  for (int i = 0; i < 20; ++i) {
    TestClient next(server.address());
    auto response = next.Receive();
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 503);
    EXPECT_EQ(response->headers["retry-after"], "1");
    EXPECT_THAT(response->body, HasSubstr("this client has too many connections"));
    EXPECT_TRUE(next.AtEnd());
  }
  TestClient other(server.address(), "127.0.0.2");
  EXPECT_EQ(other.Ask("GET", "/usuarios/u1")->status, 200);
  EXPECT_EQ(first.Ask("GET", "/usuarios/u1")->status, 200) << "those refused took nobody's place";
  second.Close();
  EXPECT_TRUE(TestService::WaitUntil([&] {
    TestClient next(server.address());
    auto answer = next.Ask("GET", "/usuarios/u1");
    return answer && answer->status == 200;
  }));
}

TEST(PeersTest, AnAddressIsAClientHoweverItIsWritten) {
  Peers peers(1);
  const Peers::Place v4 = peers.Enter(AddressOf("192.0.2.1"));
  EXPECT_EQ(v4.verdict(), kAdmitted);
  EXPECT_EQ(peers.Enter(AddressOf("192.0.2.1")).verdict(), kRefused);
  EXPECT_EQ(peers.Enter(AddressOf("::ffff:192.0.2.1")).verdict(), kRefused);
  EXPECT_EQ(peers.Enter(AddressOf("192.0.2.2")).verdict(), kAdmitted);
  {
    const Peers::Place v6 = peers.Enter(AddressOf("2001:db8:1:2::3"));
    EXPECT_EQ(v6.verdict(), kAdmitted);
    EXPECT_EQ(peers.Enter(AddressOf("2001:db8:1:2:ffff::4")).verdict(), kRefused);
    EXPECT_EQ(peers.Enter(AddressOf("2001:db8:1:3::3")).verdict(), kAdmitted);
  }
  EXPECT_EQ(peers.Enter(AddressOf("2001:db8:1:2:ffff::4")).verdict(), kAdmitted) << "its place is free again";
}

TEST(PeersTest, ThoseRefusedAreFewToo) {
  Peers peers(1);
  std::vector<Peers::Place> places;
  places.push_back(peers.Enter(AddressOf("192.0.2.1")));
  for (int i = 0; i < Peers::kMaxRefused; ++i) {
    places.push_back(peers.Enter(AddressOf("192.0.2.1")));
    EXPECT_EQ(places.back().verdict(), kRefused);
  }
  EXPECT_EQ(peers.Enter(AddressOf("192.0.2.1")).verdict(), kDropped);
  EXPECT_EQ(peers.Enter(AddressOf("192.0.2.2")).verdict(), kAdmitted);
  places.pop_back();
  EXPECT_EQ(peers.Enter(AddressOf("192.0.2.1")).verdict(), kRefused);
}

// Refused connections stay for a moment, so that their client can read why: they must not fill the server either.
TEST(ConnectionLimitTest, APeerThatIsRefusedLeavesRoomForOthers) {
  TestServer server([](Config& config) {
    config.max_connections = 64;
    config.max_connections_per_peer = 2;
  });
  std::vector<TestClient> flood;
  for (int i = 0; i < 300; ++i) flood.emplace_back(server.address());
  TestClient other(server.address(), "127.0.0.2");
  auto response = other.Ask("GET", "/usuarios/u1");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200);
}

TEST(PeersTest, WithoutAnAddressOrALimitNobodyIsRefused) {
  Peers one(1), any(0);
  std::vector<Peers::Place> places;
  for (int i = 0; i < 3; ++i) {
    places.push_back(one.Enter(AddressOf("a unix socket")));
    EXPECT_EQ(places.back().verdict(), kAdmitted);
    places.push_back(any.Enter(AddressOf("192.0.2.1")));
    EXPECT_EQ(places.back().verdict(), kAdmitted);
  }
}

}  // namespace
}  // namespace tomada::pistache_http
