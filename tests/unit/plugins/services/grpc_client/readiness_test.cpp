// What grpc_client reports of its server, and that it finds back to it.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <mutex>

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
  struct Tries {
    std::mutex mutex;
    std::map<steady_clock::time_point, steady_clock::time_point> said;  // by the time of the next try: when it was told
  };
  const auto tries = std::make_shared<Tries>();
  const auto subscription = host_.board->OnChange([this, tries] {
    const Readiness reported = Reported();
    std::lock_guard lock(tries->mutex);
    if (reported.next_try) tries->said.try_emplace(*reported.next_try, steady_clock::now());
  });
  const auto count = [&] {
    std::lock_guard lock(tries->mutex);
    return tries->said.size();
  };
  StartServer();
  StopServer();
  auto before = steady_clock::now();
  StartClient();
  ASSERT_TRUE(Eventually([&] { return count() >= 5; }));
  {
    std::lock_guard lock(tries->mutex);
    // After 0.1 s, 0.16, 0.26, 0.41 and so on, each give or take a fifth. A slow machine tries later, never earlier,
    // and tells later.
    auto pause = std::chrono::duration<double>(0.1);
    for (const auto& [next, told] : tries->said) {
      if (pause > std::chrono::seconds(1)) break;  // soon the longest there is
      EXPECT_GE(next - before, 0.79 * pause);
      EXPECT_LE(next - told, 1.21 * pause);
      before = next;
      pause *= 1.6;
    }
  }

  StartServer(address_);
  ASSERT_TRUE(Eventually([&] { return Reported().ready; })) << Reported().reason;

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
