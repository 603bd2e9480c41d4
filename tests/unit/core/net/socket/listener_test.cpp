#include "net/socket/listener.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tomada::net {
namespace {

using ::testing::HasSubstr;

const HostPort kAnyPort{"127.0.0.1", 0};

TEST(ListenerTest, SeveralSocketsShareAnAddress) {
  const absl::StatusOr<std::vector<UniqueFd>> sockets = Listen(kAnyPort, 3);
  ASSERT_EQ(sockets.status(), absl::OkStatus());
  ASSERT_EQ(sockets->size(), 3u);
  for (const UniqueFd& socket : *sockets) EXPECT_EQ(LocalAddress(socket.get()), LocalAddress(sockets->front().get()));
}

TEST(ListenerTest, APortThatIsTakenIsNamed) {
  const absl::StatusOr<std::vector<UniqueFd>> sockets = Listen(kAnyPort, 2);  // which share it between themselves
  ASSERT_EQ(sockets.status(), absl::OkStatus());
  const std::string address = LocalAddress(sockets->front().get());
  for (const absl::Status& taken :
       {Listen(*HostPort::Parse(address), 1).status(), CheckBindable(*HostPort::Parse(address))}) {
    EXPECT_EQ(taken.code(), absl::StatusCode::kUnavailable);
    EXPECT_THAT(std::string(taken.message()), HasSubstr("cannot listen on " + address + ": bind: "));
    EXPECT_THAT(std::string(taken.message()), HasSubstr("stop what uses the port or change `listen`"));
  }
}

TEST(ListenerTest, WhatCanBeBoundIsFreeAfterTheCheck) {
  const std::string address = LocalAddress(Listen(kAnyPort, 1)->front().get());
  EXPECT_EQ(CheckBindable(*HostPort::Parse(address)), absl::OkStatus());
  EXPECT_EQ(Listen(*HostPort::Parse(address), 1).status(), absl::OkStatus());
}

TEST(ListenerTest, AnAddressThatIsNotOfThisMachineIsNamed) {
  for (const char* host : {"192.0.2.1", "nobody.invalid"}) {
    const absl::Status refused = CheckBindable(HostPort{host, 0});
    EXPECT_FALSE(refused.ok());
    EXPECT_THAT(std::string(refused.message()), HasSubstr(std::string("cannot listen on ") + host + ":0: "));
  }
}

}  // namespace
}  // namespace tomada::net
