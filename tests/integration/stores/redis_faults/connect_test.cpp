// A server that cannot be reached, from the start or later.
#include "fault_test.h"

namespace tomada::testing {
namespace {

using RedisConnect = FaultTest;

void ExpectRefusedInTime(Table& table) {
  const absl::Status write = PutWithin(table, milliseconds(300), Record("a", "1")).status();
  EXPECT_TRUE(write.code() == Code::kUnavailable || write.code() == Code::kDeadlineExceeded) << write;
  EXPECT_EQ(OutcomeOf(write), WriteOutcome::kNotApplied) << write;
  EXPECT_FALSE(GetWithin(table, milliseconds(300), "a").ok());
}

TEST_F(RedisConnect, AStoreStartsWithoutItsServer) {
  RedisServer server;
  server.Kill();
  FaultedStore store(ConfigFor(server.address()));
  RedisServer::WaitUntil("it says why", [&] { return store.readiness().reason.find("refused") != std::string::npos; });
  ExpectRefusedInTime(store.table());
  server.Restart();
  EXPECT_LE(store.WaitFor(true), kRecovered + Slack());
  EXPECT_EQ(PutWithin(store.table(), seconds(2), Record("a", "1")).status(), absl::OkStatus());
}

TEST_F(RedisConnect, RefusedConnectionsAreNotTriedInAHotLoop) {
  ProxiedStore rig;
  rig.proxy.Refuse();
  rig.proxy.CutAll();
  rig.store.WaitFor(false);
  ExpectRefusedInTime(rig.store.table());
  EXPECT_GE(rig.store.Logged("not ready"), 1u);
  EXPECT_LE(rig.store.Logged("not ready"), 2u);  // once for each reason, not for each try
  rig.proxy.Heal();
  EXPECT_LE(rig.store.WaitFor(true), kRecovered + Slack());
}

TEST_F(RedisConnect, AHostThatIsGoneHoldsUpNobody) {
  ProxiedStore rig;
  rig.proxy.IgnoreConnects();
  rig.proxy.CutAll();
  rig.store.WaitFor(false);
  ExpectRefusedInTime(rig.store.table());
  std::this_thread::sleep_for(milliseconds(1500));
  ExpectRefusedInTime(rig.store.table());
  EXPECT_FALSE(rig.store.readiness().ready);
  rig.proxy.Heal();
  EXPECT_LE(rig.store.WaitFor(true), kRecovered + milliseconds(1000) + Slack());  // a try under way is lost
}

TEST_F(RedisConnect, AServerThatAcceptsAndSaysNothing) {
  ProxiedStore rig;
  rig.proxy.BlackHole(Way::kToServer);
  rig.proxy.CutAll();
  rig.store.WaitFor(false);
  ExpectRefusedInTime(rig.store.table());
  std::this_thread::sleep_for(seconds(2));
  EXPECT_LE(rig.proxy.connections(), 8u);
  rig.proxy.Heal();
  EXPECT_LE(rig.store.WaitFor(true), kRecovered + Slack());
}

TEST_F(RedisConnect, StopsWhileItConnects) {
  ProxiedStore rig;
  rig.proxy.IgnoreConnects();
  rig.proxy.CutAll();
  rig.store.WaitFor(false);
  const Clock::time_point begin = Clock::now();
  rig.store.Stop(milliseconds(100));
  EXPECT_LE(Clock::now() - begin, milliseconds(100) + Slack());
}

}  // namespace
}  // namespace tomada::testing
