// A server that is no longer what it was when the connection was made.
#include "fault_test.h"

namespace tomada::testing {
namespace {

using RedisChange = FaultTest;

void WaitForReason(FaultedStore& store, const std::string& word) {
  RedisServer::WaitUntil("it says " + word, [&] {
    const Readiness readiness = store.readiness();
    return !readiness.ready && readiness.reason.find(word) != std::string::npos;
  });
}

void ExpectServed(FaultedStore& store) {
  store.WaitFor(true);
  EXPECT_EQ(PutWithin(store.table(), seconds(5), Record("a", "1")).status(), absl::OkStatus());
  EXPECT_EQ(GetWithin(store.table(), seconds(5), "a").value()->value, "1");
}

void ExpectNoCallServed(FaultedStore& store) {
  const absl::Status write = PutWithin(store.table(), seconds(5), Record("b", "1")).status();
  EXPECT_EQ(write.code(), Code::kUnavailable) << write;
  EXPECT_EQ(OutcomeOf(write), WriteOutcome::kNotApplied) << write;
  EXPECT_EQ(GetWithin(store.table(), seconds(5), "a").status().code(), Code::kUnavailable);
}

// Busy, so that its connection is never idle.
class Reader {
 public:
  explicit Reader(Table& table)
      : thread_([this, &table] {
          while (!over_) SyncTable(table).Get("a").status().IgnoreError();
        }) {}
  ~Reader() {
    over_ = true;
    thread_.join();
  }

 private:
  std::atomic<bool> over_ = false;
  std::thread thread_;
};

TEST_F(RedisChange, FlushedAndMadeAnewWithOtherBuckets) {
  RedisServer server;
  FaultedStore store(ConfigFor(server.address()));
  ExpectServed(store);
  server.Command({"FLUSHALL"});
  server.Command({"HSET", "tomada:meta", "format", "1", "buckets", "16"});  // as another host does that starts now
  WaitForReason(store, "was made with buckets: 16");
  ExpectNoCallServed(store);
  redis_store::Config config = ConfigFor(server.address());
  config.buckets = 16;
  FaultedStore other(config);
  ExpectServed(other);
  ExpectNoCallServed(store);
}

TEST_F(RedisChange, FlushedItBeginsAnew) {
  RedisServer server;
  FaultedStore store(ConfigFor(server.address()));
  ExpectServed(store);
  server.Command({"FLUSHALL"});
  RedisServer::WaitUntil("it is noticed", [&] { return store.Logged("tomada:meta is gone") == 1; });
  ExpectServed(store);
  EXPECT_EQ(server.Command({"HGET", "tomada:meta", "buckets"}).text, "256");
}

TEST_F(RedisChange, OfANewerFormat) {
  RedisServer server;
  FaultedStore store(ConfigFor(server.address()));
  ExpectServed(store);
  server.Command({"HSET", "tomada:meta", "format", "2"});
  WaitForReason(store, "holds format 2");
  ExpectNoCallServed(store);
}

// Nobody writes, so no error of the server tells.
TEST_F(RedisChange, APrimaryThatBecameAReplica) {
  RedisServer other, server;
  FaultedStore store(ConfigFor(server.address()));
  ExpectServed(store);
  for (bool busy : {false, true}) {
    std::optional<Reader> reader;
    if (busy) reader.emplace(store.table());
    server.Command({"REPLICAOF", "127.0.0.1", std::to_string(other.port())});
    EXPECT_LE(store.WaitFor(false), kNoticed + Slack());
    WaitForReason(store, "a replica, not the primary");
    server.Command({"REPLICAOF", "NO", "ONE"});
    store.WaitFor(true);
  }
}

TEST_F(RedisChange, APrimaryThatEvicts) {
  RedisServer server;
  FaultedStore store(ConfigFor(server.address()));
  ExpectServed(store);
  server.Set("maxmemory-policy", "allkeys-lru");
  WaitForReason(store, "maxmemory-policy is allkeys-lru");
  ExpectNoCallServed(store);
  server.Set("maxmemory-policy", "noeviction");
  ExpectServed(store);
}

TEST_F(RedisChange, AServerThatSyncsNoMore) {
  RedisServer server({"appendonly yes", "appendfsync always"});
  redis_store::Config config = ConfigFor(server.address());
  config.durability = Durability::kSynced;
  FaultedStore store(config);
  ExpectServed(store);
  server.Set("appendfsync", "everysec");
  WaitForReason(store, "appendfsync always");
  ExpectNoCallServed(store);
  server.Set("appendfsync", "always");
  ExpectServed(store);
  server.Set("appendonly", "no");
  WaitForReason(store, "appendonly yes");
}

// What is asked is little, under load too, and costs no connection.
TEST_F(RedisChange, NothingChangesAndLittleIsAsked) {
  ProxiedStore rig;
  ExpectServed(rig.store);
  rig.server.Command({"CONFIG", "RESETSTAT"});
  const Clock::time_point begin = Clock::now();
  const auto asked = [&] {
    const std::string stats = rig.server.Info("cmdstat_hmget");
    return stats.starts_with("calls=") ? std::stoi(stats.substr(6)) : 0;
  };
  {
    Reader reader(rig.store.table());
    RedisServer::WaitUntil("it has asked three times", [&] { return asked() >= 3; });
  }
  const auto took = std::chrono::duration_cast<milliseconds>(Clock::now() - begin);
  EXPECT_LE(asked(), 2 + took / milliseconds(500));
  EXPECT_EQ(rig.proxy.connections(), 1u);
}

}  // namespace
}  // namespace tomada::testing
