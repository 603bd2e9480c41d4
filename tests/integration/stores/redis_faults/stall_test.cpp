// The server, or the network, stops answering without a word.
#include "fault_test.h"

namespace tomada::testing {
namespace {

class RedisStall : public FaultTest, public ::testing::WithParamInterface<milliseconds> {};

std::vector<milliseconds> Pauses() {
  std::vector<milliseconds> pauses = {milliseconds(200), milliseconds(3000)};
  if (LongForm()) pauses.push_back(seconds(30));
  return pauses;
}

TEST_P(RedisStall, AStoppedServerUnderLoad) {
  ProxiedStore rig;
  LoadDriver load(rig.store.table(), rig.log, ModestLoad());
  std::this_thread::sleep_for(milliseconds(300));
  rig.server.Pause();
  const Clock::time_point stopped = Clock::now();
  if (GetParam() > kNoticed) {
    EXPECT_LE(rig.store.WaitFor(false), kNoticed + Slack());
  }
  std::this_thread::sleep_until(stopped + GetParam());
  rig.server.Continue();
  const Clock::time_point back = Clock::now();
  RedisServer::WaitUntil("writes go on", [&] { return rig.log.RecoveryAfter(back).has_value(); });
  load.Stop();
  EXPECT_LE(*rig.log.RecoveryAfter(back), kRecovered + Slack());
  if (GetParam() < milliseconds(1000)) {
    EXPECT_EQ(rig.store.Logged("connection lost"), 0u);
  }
  EXPECT_THAT(rig.log.Check(rig.store.table()), IsEmpty()) << rig.log.Summary();
}

INSTANTIATE_TEST_SUITE_P(Pauses, RedisStall, ::testing::ValuesIn(Pauses()),
                         [](const auto& test) { return "For" + std::to_string(test.param.count()) + "Ms"; });

using RedisSilence = FaultTest;

TEST_F(RedisSilence, AStoppedServerIsNoticedWhenNobodyCalls) {
  ProxiedStore rig;
  std::this_thread::sleep_for(milliseconds(700));
  rig.server.Pause();
  EXPECT_LE(rig.store.WaitFor(false), kNoticed + Slack());
  EXPECT_THAT(rig.store.readiness().reason, HasSubstr("no answer"));
  rig.server.Continue();
  EXPECT_LE(rig.store.WaitFor(true), kRecovered + Slack());
}

class RedisBlackHole : public FaultTest, public ::testing::WithParamInterface<std::vector<Way>> {};

TEST_P(RedisBlackHole, IsNoticedUnderTrafficAndSurvived) {
  ProxiedStore rig;
  LoadDriver load(rig.store.table(), rig.log, ModestLoad());
  std::this_thread::sleep_for(milliseconds(300));
  for (Way way : GetParam()) rig.proxy.BlackHole(way);
  EXPECT_LE(rig.store.WaitFor(false), kNoticed + Slack());
  std::this_thread::sleep_for(ShortOrLong(milliseconds(1500), milliseconds(58'000)));
  rig.proxy.Heal();
  const Clock::time_point back = Clock::now();
  RedisServer::WaitUntil("writes go on", [&] { return rig.log.RecoveryAfter(back).has_value(); });
  load.Stop();
  EXPECT_LE(*rig.log.RecoveryAfter(back), kRecovered + Slack());
  EXPECT_THAT(rig.log.Check(rig.store.table()), IsEmpty()) << rig.log.Summary();
}

INSTANTIATE_TEST_SUITE_P(Ways, RedisBlackHole,
                         ::testing::Values(std::vector{Way::kToServer}, std::vector{Way::kToClient},
                                           std::vector{Way::kToServer, Way::kToClient}),
                         [](const auto& test) {
                           return test.param.size() == 2            ? "Both"
                                  : test.param[0] == Way::kToServer ? "ToServer"
                                                                    : "ToClient";
                         });

// A request that a client gave up must not undo what came after it, when it arrives at last.
TEST_F(RedisSilence, ARequestThatArrivesLateChangesNothing) {
  ProxiedStore rig;
  Table& table = rig.store.table();
  ASSERT_EQ(PutWithin(table, seconds(5), Record("a", "first")).status(), absl::OkStatus());
  rig.proxy.BlackHole(Way::kToServer);
  const Operation operation;
  const absl::Status lost = PutWithin(table, milliseconds(300), Record("a", "second"), operation).status();
  EXPECT_EQ(lost.code(), Code::kDeadlineExceeded);
  EXPECT_EQ(OutcomeOf(lost), WriteOutcome::kUnknown);
  rig.store.WaitFor(false);
  // Another client, by another way.
  FaultedStore other(ConfigFor(rig.server.address()));
  absl::StatusOr<Written> again = PutWithin(other.table(), seconds(5), Record("a", "second"), operation);
  ASSERT_EQ(again.status(), absl::OkStatus());
  absl::StatusOr<Written> last = PutWithin(other.table(), seconds(5), Record("a", "third"));
  ASSERT_EQ(last.status(), absl::OkStatus());
  rig.proxy.Heal();
  rig.store.WaitFor(true);
  std::this_thread::sleep_for(milliseconds(100));
  const RecordPtr now = GetWithin(table, seconds(5), "a").value();
  EXPECT_EQ(now->value, "third");
  EXPECT_EQ(now->version, last->version);
}

}  // namespace
}  // namespace tomada::testing
