// What grpc_client reports of its server, and that it finds back to it.
#include <gtest/gtest.h>

#include "client_fixture.h"

namespace tomada::testing {
namespace {

using ::testing::HasSubstr;

class ReadinessTest : public GrpcClientTest {
 protected:
  Readiness Reported() { return host_.board->Of("cliente"); }
};

TEST_F(ReadinessTest, ReadyOnceConnected) {
  Start();
  EXPECT_TRUE(Eventually([&] { return Reported().ready; }));
}

TEST_F(ReadinessTest, StartsWithoutItsServerAndFollowsIt) {
  StartServer();
  StopServer();
  StartClient();
  EXPECT_FALSE(Reported().ready);
  ASSERT_TRUE(Eventually([&] { return Reported().reason == address_ + ": Connection refused"; })) << Reported().reason;

  StartServer(address_);
  ASSERT_TRUE(Eventually([&] { return Reported().ready; })) << Reported().reason;
  EXPECT_TRUE(Obter("u1").ok());

  StopServer();
  ASSERT_TRUE(Eventually([&] { return !Reported().ready; }));
  EXPECT_EQ(Obter("u1").code(), absl::StatusCode::kUnavailable);

  StartServer(address_);
  ASSERT_TRUE(Eventually([&] { return Reported().ready; })) << Reported().reason;
  EXPECT_TRUE(Obter("u1").ok());
}

TEST_F(ReadinessTest, StopWithoutStartAndTwice) {
  address_ = "127.0.0.1:1";
  StartClient();
  const auto now = std::chrono::steady_clock::now();
  EXPECT_TRUE(client_->Stop(now).ok());
  EXPECT_TRUE(client_->Stop(now).ok());
  grpc_client::GrpcClient unstarted(host_.MakeContext("outro", Config()));
  EXPECT_TRUE(unstarted.Stop(now).ok());
}

}  // namespace
}  // namespace tomada::testing
