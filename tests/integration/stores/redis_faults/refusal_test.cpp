// A server that answers, and says no.
#include <filesystem>

#include "fault_test.h"

namespace tomada::testing {
namespace {

using RedisRefusal = FaultTest;

void ExpectRefused(Table& table, Code code) {
  const absl::Status write = PutWithin(table, milliseconds(500), Record("a", "refused")).status();
  EXPECT_EQ(write.code(), code) << write;
  EXPECT_EQ(OutcomeOf(write), WriteOutcome::kNotApplied) << write;
}

void ExpectTaken(Table& table) {
  EXPECT_EQ(PutWithin(table, seconds(3), Record("a", "taken")).status(), absl::OkStatus());
  EXPECT_EQ(GetWithin(table, seconds(3), "a").value()->value, "taken");
}

// Not ready within a few seconds, for a reason that has `word` in it.
void ExpectReason(FaultedStore& store, const std::string& word) {
  store.WaitFor(false, seconds(3));
  const Clock::time_point patience = Clock::now() + seconds(3);
  while (store.readiness().reason.find(word) == std::string::npos && Clock::now() < patience) {
    std::this_thread::sleep_for(milliseconds(5));
  }
  EXPECT_THAT(store.readiness().reason, HasSubstr(word));
}

// How many connections are tried in a second and a half.
uint64_t TriesInAWhile(FaultProxy& proxy) {
  const uint64_t before = proxy.connections();
  std::this_thread::sleep_for(milliseconds(1500));
  return proxy.connections() - before;
}

TEST_F(RedisRefusal, OutOfMemory) {
  ProxiedStore rig;
  ExpectTaken(rig.store.table());
  rig.server.Set("maxmemory", "1");
  ExpectRefused(rig.store.table(), Code::kResourceExhausted);
  EXPECT_EQ(GetWithin(rig.store.table(), seconds(1), "a").value()->value, "taken");
  rig.server.Set("maxmemory", "0");
  ExpectTaken(rig.store.table());
  EXPECT_EQ(rig.proxy.connections(), 1u);
}

TEST_F(RedisRefusal, TooFewReplicas) {
  ProxiedStore rig;
  ExpectTaken(rig.store.table());
  rig.server.Set("min-replicas-to-write", "1");
  ExpectRefused(rig.store.table(), Code::kUnavailable);
  EXPECT_EQ(GetWithin(rig.store.table(), seconds(1), "a").value()->value, "taken");
  ExpectReason(rig.store, "NOREPLICAS");
  EXPECT_LE(TriesInAWhile(rig.proxy), 15u);
  rig.server.Set("min-replicas-to-write", "0");
  rig.store.WaitFor(true, kRecovered + Slack());
  ExpectTaken(rig.store.table());
}

TEST_F(RedisRefusal, ADiskThatCannotBeWritten) {
  ProxiedStore rig({"save 3600 1", "dbfilename blocked.rdb"});
  std::filesystem::create_directories(rig.server.directory() / "blocked.rdb" / "in the way");
  ExpectTaken(rig.store.table());
  rig.server.Command({"BGSAVE"});
  RedisServer::WaitUntil("saving has failed", [&] { return rig.server.Info("rdb_last_bgsave_status") == "err"; });
  ExpectRefused(rig.store.table(), Code::kUnavailable);
  ExpectReason(rig.store, "MISCONF");
  EXPECT_LE(TriesInAWhile(rig.proxy), 15u);
  rig.server.Set("stop-writes-on-bgsave-error", "no");
  rig.store.WaitFor(true, kRecovered + Slack());
  ExpectTaken(rig.store.table());
}

TEST_F(RedisRefusal, APasswordThatWasChanged) {
  ProxiedStore rig;
  ExpectTaken(rig.store.table());
  RedisClient admin = rig.server.Connect();
  admin.Command({"CONFIG", "SET", "requirepass", "secret"});
  rig.proxy.CutAll();
  ExpectReason(rig.store, "NOAUTH");
  ExpectRefused(rig.store.table(), Code::kUnavailable);
  EXPECT_LE(TriesInAWhile(rig.proxy), 15u);
  admin.Command({"CONFIG", "SET", "requirepass", ""});
  rig.store.WaitFor(true, kRecovered + Slack());
  ExpectTaken(rig.store.table());
}

TEST_F(RedisRefusal, AWrongPassword) {
  RedisServer server({"requirepass secret"});
  FaultProxy proxy(server.port());
  redis_store::Config config = ConfigFor(":wrong@" + proxy.address());
  FaultedStore store(config);
  ExpectReason(store, "WRONGPASS");
  EXPECT_THAT(store.readiness().reason, ::testing::Not(HasSubstr(":wrong")));
  ExpectRefused(store.table(), Code::kUnavailable);
  EXPECT_LE(TriesInAWhile(proxy), 15u);
}

TEST_F(RedisRefusal, RightsThatWereTakenAway) {
  ProxiedStore rig;
  ExpectTaken(rig.store.table());
  rig.server.Command({"ACL", "SETUSER", "default", "-@scripting"});
  ExpectRefused(rig.store.table(), Code::kUnavailable);
  EXPECT_EQ(GetWithin(rig.store.table(), seconds(1), "a").value()->value, "taken");
  ExpectReason(rig.store, "NOPERM");
  EXPECT_LE(TriesInAWhile(rig.proxy), 15u);
  rig.server.Command({"ACL", "SETUSER", "default", "+@all"});
  rig.store.WaitFor(true, kRecovered + Slack());
  ExpectTaken(rig.store.table());
}

TEST_F(RedisRefusal, TooManyClients) {
  ProxiedStore rig({"maxclients 10"});
  ExpectTaken(rig.store.table());
  rig.proxy.Refuse();
  rig.proxy.CutAll();
  rig.store.WaitFor(false);
  std::vector<RedisClient> others;  // who take every place
  RedisServer::WaitUntil("the server is full", [&] {
    RedisClient client = rig.server.Connect();
    const bool refused = client.Command({"PING"}).text.find("max number of clients") != std::string::npos;
    others.push_back(std::move(client));
    return refused;
  });
  rig.proxy.Heal();
  ExpectReason(rig.store, "max number of clients");
  const absl::Status write = PutWithin(rig.store.table(), milliseconds(500), Record("a", "refused")).status();
  EXPECT_TRUE(write.code() == Code::kUnavailable || write.code() == Code::kDeadlineExceeded) << write;
  EXPECT_EQ(OutcomeOf(write), WriteOutcome::kNotApplied) << write;
  EXPECT_LE(TriesInAWhile(rig.proxy), 15u);
  others.clear();
  rig.store.WaitFor(true, kRecovered + Slack());
  ExpectTaken(rig.store.table());
}

TEST_F(RedisRefusal, AServerThatLoadsItsData) {
  RedisServer server({"enable-debug-command local"});
  FaultedStore store(ConfigFor(server.address()));
  ExpectTaken(store.table());
  server.Command({"DEBUG", "POPULATE", "2000"});
  server.Command({"SAVE"});
  server.Kill();
  server.Start({"--key-load-delay", "500", "--loading-process-events-interval-bytes", "1024"});
  RedisServer::WaitUntil("it is loading", [&] {
    try {
      return server.Command({"PING"}).text.starts_with("LOADING");
    } catch (const std::runtime_error&) {
      return false;
    }
  });
  EXPECT_EQ(GetWithin(store.table(), seconds(8), "a").status(), absl::OkStatus());
  ExpectTaken(store.table());
}

TEST_F(RedisRefusal, AScriptThatDoesNotEnd) {
  ProxiedStore rig({"busy-reply-threshold 100"});
  ExpectTaken(rig.store.table());
  RedisClient script = rig.server.Connect(milliseconds(50));
  EXPECT_THROW(script.Command({"EVAL", "while true do end", "0"}), std::runtime_error);
  std::jthread killer([&] {
    std::this_thread::sleep_for(milliseconds(600));
    rig.server.Command({"SCRIPT", "KILL"});
  });
  ExpectTaken(rig.store.table());
  EXPECT_EQ(rig.store.Logged("connection lost"), 0u);
}

// The server has become a replica of another, and says so to each write.
TEST_F(RedisRefusal, AServerThatIsNoPrimaryAnyMore) {
  RedisServer other;
  ProxiedStore rig;
  ExpectTaken(rig.store.table());
  rig.server.Command({"REPLICAOF", "127.0.0.1", std::to_string(other.port())});
  const absl::Status write = PutWithin(rig.store.table(), milliseconds(500), Record("b", "refused")).status();
  EXPECT_TRUE(write.code() == Code::kUnavailable || write.code() == Code::kDeadlineExceeded) << write;
  EXPECT_EQ(OutcomeOf(write), WriteOutcome::kNotApplied) << write;
  ExpectReason(rig.store, "replica");
  rig.server.Command({"REPLICAOF", "NO", "ONE"});
  rig.store.WaitFor(true, kRecovered + Slack());
  ExpectTaken(rig.store.table());
}

}  // namespace
}  // namespace tomada::testing
