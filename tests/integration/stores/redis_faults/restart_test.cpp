// The server dies and comes back; so does the client.
#include <random>

#include "fault_test.h"

namespace tomada::testing {
namespace {

using RedisRestart = FaultTest;

const std::vector<std::string> kSynced = {"appendonly yes", "appendfsync always"};

void Synced(redis_store::Config& config) {
  config.durability = Durability::kSynced;
  config.io_threads = 2;
}

// Kills and restarts the server `times` times, at random instants, and says how long writes took at most to go on.
milliseconds KillAgainAndAgain(ProxiedStore& rig, int times) {
  std::mt19937 random(1);
  const auto sleep = [&](int most) {
    std::this_thread::sleep_for(milliseconds(std::uniform_int_distribution<int>(0, most)(random)));
  };
  milliseconds longest{0};
  for (int i = 0; i < times; ++i) {
    sleep(400);
    rig.server.Kill();
    sleep(200);
    rig.server.Restart();
    const Clock::time_point back = Clock::now();
    RedisServer::WaitUntil("writes go on", [&] { return rig.log.RecoveryAfter(back).has_value(); });
    longest = std::max(longest, *rig.log.RecoveryAfter(back));
  }
  return longest;
}

TEST_F(RedisRestart, NothingAcknowledgedIsLostOverKills) {
  ProxiedStore rig(kSynced, Synced);
  Load clients = ModestLoad();
  if (LongForm()) clients.pause = milliseconds(40);  // all that is written must be loaded again after each kill
  LoadDriver load(rig.store.table(), rig.log, clients);
  const milliseconds longest = KillAgainAndAgain(rig, ShortOrLong(6, 200));
  load.Stop();
  EXPECT_LE(longest, kRecovered + Slack());
  EXPECT_EQ(rig.log.highest(), Durability::kSynced);
  EXPECT_EQ(rig.log.unresolved(), 0u);
  EXPECT_THAT(rig.log.Check(rig.store.table()), IsEmpty()) << rig.log.Summary();
  RecordProperty("recovery_ms", static_cast<int>(longest.count()));
}

// What was only applied may be lost, and nothing else is claimed for it.
TEST_F(RedisRestart, WithoutSyncNothingMoreIsClaimed) {
  ProxiedStore rig({"appendonly yes", "appendfsync everysec"});
  Load load = ModestLoad();
  load.nothing_is_lost = false;
  LoadDriver driver(rig.store.table(), rig.log, load);
  KillAgainAndAgain(rig, ShortOrLong(3, 100));
  driver.Stop();
  EXPECT_EQ(rig.log.highest(), Durability::kApplied);
  EXPECT_THAT(rig.log.Check(rig.store.table(), Durability::kSynced), IsEmpty()) << rig.log.Summary();
}

TEST_F(RedisRestart, ALevelThatTheServerDoesNotGiveIsNotClaimed) {
  RedisServer server({"appendonly yes", "appendfsync everysec"});
  redis_store::Config config = ConfigFor(server.address());
  config.durability = Durability::kSynced;
  FaultedStore store(config);
  RedisServer::WaitUntil("it says why",
                         [&] { return store.readiness().reason.find("appendfsync") != std::string::npos; });
  const absl::Status refused = PutWithin(store.table(), seconds(2), Record("a", "1")).status();
  EXPECT_EQ(refused.code(), Code::kUnavailable) << refused;
  EXPECT_EQ(OutcomeOf(refused), WriteOutcome::kNotApplied);
  server.Set("appendfsync", "always");
  store.WaitFor(true);
  EXPECT_EQ(PutWithin(store.table(), seconds(2), Record("a", "1")).value().durability, Durability::kSynced);
}

TEST_F(RedisRestart, FlushedScriptsAreNotNoticed) {
  ProxiedStore rig;
  LoadDriver load(rig.store.table(), rig.log, ModestLoad());
  for (int i = 0; i < ShortOrLong(50, 1000); ++i) {
    rig.server.Command({"SCRIPT", "FLUSH"});
    std::this_thread::sleep_for(milliseconds(10));
  }
  load.Stop();
  for (Code code : {Code::kUnavailable, Code::kDeadlineExceeded, Code::kUnknown, Code::kInternal}) {
    EXPECT_EQ(rig.log.count(code), 0u) << rig.log.Summary();
  }
  EXPECT_THAT(rig.log.Check(rig.store.table()), IsEmpty()) << rig.log.Summary();
}

TEST_F(RedisRestart, AnOperationIsKnownToTheNextProcess) {
  RedisServer server(kSynced);
  const Operation operation;
  Written first;
  {
    FaultedStore store(ConfigFor(server.address()));
    first = PutWithin(store.table(), seconds(5), Record("a", "1"), operation).value();
  }
  server.Kill();
  server.Restart();
  FaultedStore store(ConfigFor(server.address()));
  absl::StatusOr<Written> again = PutWithin(store.table(), seconds(5), Record("a", "1"), operation);
  ASSERT_EQ(again.status(), absl::OkStatus());
  EXPECT_TRUE(again->replayed);
  EXPECT_EQ(again->version, first.version);
}

}  // namespace
}  // namespace tomada::testing
