// A primary with replicas and Sentinels: fail-over under load.
#include "fault_test.h"
#include "support/false_server.h"
#include "support/redis_sentinels.h"

namespace tomada::testing {
namespace {

using RedisFailOver = FaultTest;

constexpr seconds kFailedOver{6};  // with a primary that counts as down after one

// `replicas` of the two must have a write.
redis_store::Config ConfigOf(const RedisSentinels& sentinels, int replicas = 1) {
  redis_store::Config config;
  config.sentinels = sentinels.addresses();
  config.master = RedisSentinels::kMaster;
  config.durability = Durability::kReplicated;
  config.replicas = replicas;
  config.io_threads = 1;
  return config;
}

// Three servers, three Sentinels, a store and a load on it.
struct LoadedSentinels {
  explicit LoadedSentinels(int replicas = 1) : sentinels(2), store(ConfigOf(sentinels, replicas)) {
    store.WaitFor(true);
    load = std::make_unique<LoadDriver>(store.table(), log, ModestLoad());
    std::this_thread::sleep_for(milliseconds(300));
  }
  // How long after `fault` writes went on.
  milliseconds Recovery(Clock::time_point fault) {
    RedisServer::WaitUntil("writes go on", [&] { return log.RecoveryAfter(fault).has_value(); });
    return *log.RecoveryAfter(fault);
  }
  void Finish() {
    load->Stop();
    EXPECT_EQ(log.highest(), Durability::kReplicated);
    EXPECT_THAT(log.Check(store.table()), IsEmpty()) << log.Summary();
  }

  RedisSentinels sentinels;
  FaultedStore store;
  WriteLog log;
  std::unique_ptr<LoadDriver> load;
};

TEST_F(RedisFailOver, APrimaryKilledUnderLoad) {
  LoadedSentinels rig;
  milliseconds longest{0};
  for (int i = 0; i < ShortOrLong(1, 20); ++i) {
    const size_t old = rig.sentinels.KillPrimary();
    longest = std::max(longest, rig.Recovery(Clock::now()));
    rig.sentinels.WaitForPrimaryOtherThan(old);
    if (!LongForm()) break;
    rig.sentinels.AddBack(old);
    rig.sentinels.WaitForReplicas(2);
    std::this_thread::sleep_for(seconds(5));  // Sentinels begin no second fail-over before
  }
  RecordProperty("recovery_ms", static_cast<int>(longest.count()));
  EXPECT_LE(longest, kFailedOver + Slack());
  rig.Finish();
}

// It has only stopped: when it goes on it still believes that it is the primary, and has commands to carry out.
TEST_F(RedisFailOver, APrimaryThatComesBackFromTheDead) {
  LoadedSentinels rig;
  const size_t old = rig.sentinels.primary();
  rig.sentinels.server(old).Pause();
  const milliseconds recovery = rig.Recovery(Clock::now() + milliseconds(100));
  EXPECT_LE(recovery, kFailedOver + Slack());
  rig.sentinels.server(old).Continue();
  std::this_thread::sleep_for(seconds(1));
  rig.Finish();
}

// While one replica is promoted, the other still confirms the writes of the old primary, which are lost with it: only
// what all replicas have is safe.
TEST_F(RedisFailOver, APlannedFailOver) {
  LoadedSentinels rig(2);
  for (int i = 0; i < ShortOrLong(1, 10); ++i) {
    const size_t old = rig.sentinels.primary();
    const Clock::time_point begin = Clock::now();
    ASSERT_EQ(rig.sentinels.sentinel(0).Command({"SENTINEL", "FAILOVER", RedisSentinels::kMaster}).text, "OK");
    rig.sentinels.WaitForPrimaryOtherThan(old);
    EXPECT_LE(rig.Recovery(Clock::now()), kFailedOver + Slack());
    RecordProperty("recovery_ms", static_cast<int>(rig.log.RecoveryAfter(begin)->count()));
    if (LongForm()) std::this_thread::sleep_for(seconds(5));
  }
  rig.Finish();
}

// As an operator does it: the replicas one after the other, then the primary, handed over first.
TEST_F(RedisFailOver, ARollingRestart) {
  LoadedSentinels rig(2);
  for (size_t replica : {1, 2}) {
    rig.sentinels.server(replica).Stop();
    rig.sentinels.AddBack(replica);
    rig.sentinels.WaitForReplicas(2);
  }
  ASSERT_EQ(rig.sentinels.sentinel(0).Command({"SENTINEL", "FAILOVER", RedisSentinels::kMaster}).text, "OK");
  rig.sentinels.WaitForPrimaryOtherThan(0);
  rig.sentinels.WaitForReplicas(2);
  rig.sentinels.server(0).Stop();
  rig.sentinels.AddBack(0);
  rig.sentinels.WaitForReplicas(2);
  EXPECT_LE(rig.Recovery(Clock::now()), kFailedOver + Slack());
  rig.Finish();
}

TEST_F(RedisFailOver, SentinelsThatAreGoneOrSilent) {
  RedisSentinels sentinels(1);
  sentinels.sentinel(0).Kill();
  sentinels.sentinel(1).Pause();
  FaultedStore store(ConfigOf(sentinels));
  EXPECT_LE(store.WaitFor(true), seconds(3) + Slack());  // one is refused, one takes its time-out
  sentinels.sentinel(1).Continue();
}

// The server that the Sentinels name is no primary: no write to it counts.
TEST_F(RedisFailOver, AServerThatTheSentinelsTakeForThePrimary) {
  RedisSentinels sentinels(1);
  FaultedStore store(ConfigOf(sentinels));
  store.WaitFor(true);
  sentinels.server(0).Command({"REPLICAOF", "127.0.0.1", "1"});
  const absl::Status write = PutWithin(store.table(), milliseconds(500), Record("a", "1")).status();
  EXPECT_TRUE(write.code() == Code::kUnavailable || write.code() == Code::kDeadlineExceeded) << write;
  EXPECT_EQ(OutcomeOf(write), WriteOutcome::kNotApplied) << write;
  EXPECT_FALSE(store.readiness().ready);
}

// As one does that has been cut off from the others.
TEST_F(RedisFailOver, ASentinelThatLiesIsNotTheOnlyOneAsked) {
  RedisSentinels sentinels(1);
  const std::string replica = std::to_string(sentinels.server(1).port());
  FalseServer liar([&](int fd) {
    char question[1024];
    if (::recv(fd, question, sizeof question, 0) <= 0) return;
    FalseServer::Send(fd, fmt::format("*2\r\n$9\r\n127.0.0.1\r\n${}\r\n{}\r\n", replica.size(), replica));
  });
  redis_store::Config config = ConfigOf(sentinels);
  config.sentinels.insert(config.sentinels.begin(), liar.address());
  FaultedStore store(config);
  store.WaitFor(true, seconds(5));
  EXPECT_EQ(PutWithin(store.table(), seconds(2), Record("a", "1")).status(), absl::OkStatus());
}

std::string SwitchMessage(const std::string& name) {
  const std::string text = name + " 127.0.0.1 1 127.0.0.1 2";
  return fmt::format("*3\r\n$7\r\nmessage\r\n$14\r\n+switch-master\r\n${}\r\n{}\r\n", text.size(), text);
}

// Names the server as the primary; whoever subscribes is sent `news`, once, or for ever and never to the end of one.
struct TalkingSentinel {
  TalkingSentinel(const RedisServer& server, const std::string& news, bool for_ever)
      : listener([this, port = std::to_string(server.port()), news, for_ever](int fd) {
          char question[1024];
          const ssize_t size = ::recv(fd, question, sizeof question, 0);
          if (size <= 0) return;
          if (std::string_view(question, static_cast<size_t>(size)).find("SUBSCRIBE") == std::string_view::npos) {
            ++questions;
            FalseServer::Send(fd, fmt::format("*2\r\n$9\r\n127.0.0.1\r\n${}\r\n{}\r\n", port.size(), port));
            return;
          }
          FalseServer::Send(fd, "*3\r\n$9\r\nsubscribe\r\n$14\r\n+switch-master\r\n:1\r\n" + news);
          ++subscribed;
          const size_t half = news.size() / 2;
          if (for_ever) FalseServer::Send(fd, news.substr(0, half));
          while (for_ever && FalseServer::Send(fd, news.substr(half) + news.substr(0, half))) {
            std::this_thread::sleep_for(milliseconds(5));
          }
          while (::recv(fd, question, sizeof question, 0) > 0) {
          }
        }) {}

  redis_store::Config Config() const {
    redis_store::Config config;
    config.sentinels = {listener.address()};
    config.master = RedisSentinels::kMaster;
    config.io_threads = 1;
    config.connect_timeout = absl::Milliseconds(200);
    return config;
  }

  std::atomic<int> questions{0}, subscribed{0};
  FalseServer listener;
};

// A push for another primary and one for ours may come in one segment.
TEST_F(RedisFailOver, TwoMessagesOfASentinelAreBothRead) {
  RedisServer server;
  TalkingSentinel sentinel(server, SwitchMessage("another") + SwitchMessage(RedisSentinels::kMaster), false);
  FaultedStore store(sentinel.Config());
  RedisServer::WaitUntil("it asks the Sentinel again", [&] { return sentinel.questions >= 2; });
  store.WaitFor(true);
  EXPECT_GE(store.Logged("the Sentinels name another primary"), 1u);
}

// A lost connection is noticed all the same.
TEST_F(RedisFailOver, ASentinelThatNeverStopsTalkingHoldsUpNobody) {
  RedisServer server;
  TalkingSentinel sentinel(server, SwitchMessage("another"), true);
  FaultedStore store(sentinel.Config());
  RedisServer::WaitUntil("it listens", [&] { return sentinel.subscribed >= 1; });
  server.Command({"CLIENT", "KILL", "TYPE", "normal"});
  RedisServer::WaitUntil("it asks the Sentinel again", [&] { return sentinel.questions >= 2; });
  store.WaitFor(true);
}

}  // namespace
}  // namespace tomada::testing
