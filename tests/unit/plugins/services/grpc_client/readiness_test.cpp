// What grpc_client reports of its server, and that it finds back to it.
#include <gtest/gtest.h>

#include <set>

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

TEST_F(ReadinessTest, SaysWhenItTriesNext) {
  using std::chrono::steady_clock;
  StartServer();
  StopServer();
  const auto begin = steady_clock::now();
  StartClient();
  std::set<steady_clock::time_point> tries;
  const auto next_try_comes = [&] {
    const Readiness reported = Reported();
    EXPECT_FALSE(reported.ready);
    return reported.next_try && tries.insert(*reported.next_try).second;
  };
  // After 0.1 s, 0.16, 0.26, 0.41, 0.66, each give or take a fifth.
  while (tries.size() < 5) ASSERT_TRUE(Eventually(next_try_comes)) << tries.size();
  EXPECT_GT(*tries.rbegin() - begin, std::chrono::milliseconds(1200));
  EXPECT_LT(*tries.rbegin() - begin, std::chrono::milliseconds(2800));
  EXPECT_GT(*tries.rbegin(), steady_clock::now()) << "it lies ahead";

  // Nothing is tried before, and it is then.
  StartServer(address_);
  ASSERT_TRUE(Eventually([&] { return Reported().ready; })) << Reported().reason;
  EXPECT_GT(steady_clock::now(), *tries.rbegin());
  EXPECT_LT(steady_clock::now(), *tries.rbegin() + std::chrono::milliseconds(500));
  EXPECT_FALSE(Reported().next_try);
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
