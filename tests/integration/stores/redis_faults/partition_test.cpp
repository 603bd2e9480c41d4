// A primary that is cut off from its replicas and from most Sentinels, with clients on its side and on the other.
#include "network_test.h"
#include "support/redis_sentinels.h"

namespace tomada::testing {
namespace {

constexpr seconds kFailedOver{6};  // with a primary that counts as down after one

// After which the others have made the old primary one of their replicas, and its clients have found the new one.
constexpr seconds kRejoined{15};

// The durability that the store is asked for.
class RedisPartition : public NetworkTest, public ::testing::WithParamInterface<Durability> {
 protected:
  static redis_store::Config ConfigFor(const RedisSentinels& sentinels) {
    redis_store::Config config;
    config.sentinels = sentinels.addresses();
    config.master = RedisSentinels::kMaster;
    config.durability = GetParam();
    config.replicas = 1;
    config.io_threads = 1;
    return config;
  }
  static Load LoadOf(const std::string& name) {
    Load load = ModestLoad();
    load.name = name;
    load.nothing_is_lost = GetParam() == Durability::kReplicated;
    return load;
  }
};

// It goes on for its side as long as it may, and forgets that when it is among the others again.
TEST_P(RedisPartition, APrimaryCutOffWithItsClients) {
  FarNetwork far;
  RedisSentinels sentinels(2, {"min-replicas-to-write 1", "min-replicas-max-lag 2"}, &far);
  FaultedStore near_store(ConfigFor(sentinels));
  std::optional<FaultedStore> far_store;
  {
    FarNetwork::Visit visit(far);
    far_store.emplace(ConfigFor(sentinels), FaultTable("far"));
  }
  near_store.WaitFor(true);
  far_store->WaitFor(true);
  // Each side has a table of its own in the same servers, so that each log is the whole truth about one.
  WriteLog near_log, far_log;
  LoadDriver near_load(near_store.table(), near_log, LoadOf("near"));
  LoadDriver far_load(far_store->table(), far_log, LoadOf("far"));
  std::this_thread::sleep_for(milliseconds(500));

  far.Cut();
  const Clock::time_point cut = Clock::now();
  RedisServer::WaitUntil("the far side writes again", [&] { return far_log.RecoveryAfter(cut).has_value(); });
  EXPECT_LE(*far_log.RecoveryAfter(cut), kFailedOver + Slack());
  EXPECT_EQ(sentinels.server(0).Info("role"), "master");  // it knows no better
  EXPECT_TRUE(GetParam() != Durability::kReplicated || !near_log.RecoveryAfter(cut));
  near_store.WaitFor(false);
  EXPECT_THAT(near_store.readiness().reason, HasSubstr(GetParam() == Durability::kReplicated ? "replicas" : "NOREPL"));
  RedisServer::WaitUntil("the primary takes no writes without its replicas",
                         [&] { return sentinels.server(0).Info("min_slaves_good_slaves") == "0"; });
  EXPECT_EQ(GetWithin(near_store.table(), milliseconds(500), "nobody").status(), absl::OkStatus());
  const absl::Status write = PutWithin(near_store.table(), milliseconds(300), Record("a", "1")).status();
  EXPECT_EQ(OutcomeOf(write), WriteOutcome::kNotApplied) << write;
  std::this_thread::sleep_for(ShortOrLong(seconds(1), seconds(30)));

  const Clock::time_point joined = Clock::now();
  far.Join();
  // The old primary has its replicas back for a moment, and takes writes that it forgets when it follows the new one.
  RedisServer::WaitUntil("the old primary follows", [&] { return sentinels.server(0).Info("role") == "slave"; });
  const Clock::time_point follows = Clock::now();
  RedisServer::WaitUntil("the near side writes again", [&] { return near_log.RecoveryAfter(follows).has_value(); });
  EXPECT_LE(follows - joined + *near_log.RecoveryAfter(follows), kRejoined + Slack());
  RecordProperty("far_recovery_ms", static_cast<int>(far_log.RecoveryAfter(cut)->count()));
  RecordProperty("near_recovery_ms", static_cast<int>(near_log.RecoveryAfter(follows)->count()));
  near_load.Stop();
  far_load.Stop();
  EXPECT_THAT(near_log.Check(near_store.table(), Durability::kReplicated), IsEmpty()) << near_log.Summary();
  EXPECT_THAT(far_log.Check(far_store->table(), Durability::kReplicated), IsEmpty()) << far_log.Summary();
}

INSTANTIATE_TEST_SUITE_P(Levels, RedisPartition, ::testing::Values(Durability::kReplicated, Durability::kApplied),
                         [](const auto& level) { return std::string(NameOf(level.param)); });

}  // namespace
}  // namespace tomada::testing
