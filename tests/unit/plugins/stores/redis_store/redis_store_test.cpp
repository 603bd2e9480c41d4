// The store beside a real server in each state that an operator may find it in.
#include "redis_store.h"

#include <functional>
#include <thread>
#include <utility>

#include <absl/time/clock.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "conformance/table_semantics.h"
#include "store_for_test.h"
#include "support/metric_numbers.h"
#include "support/redis_server.h"
#include "support/sync_table.h"

namespace tomada::testing {
namespace {

using ::testing::HasSubstr;
using Code = absl::StatusCode;
using redis_store::Config;

Config ConfigFor(const RedisServer& server) {
  Config config;
  config.url = Secret("redis://" + server.address());
  return config;
}

// A store that runs, and what it says of itself.
class Running {
 public:
  explicit Running(const Config& config) : store_(MakeRedisStore(config, witness_, Metrics(metrics_, "store"))) {
    EXPECT_EQ(store_->Start(), absl::OkStatus());
    TableOptions options("users");
    options.unique_indexes = {"email"};
    table_ = *store_->OpenTable(options);
  }
  ~Running() { Stop(); }

  void Stop() { EXPECT_EQ(store_->Stop(std::chrono::steady_clock::now()), absl::OkStatus()); }
  bool ready() const { return witness_->Of().ready; }
  std::string reason() const { return witness_->Of().reason; }
  void WaitReady() const {
    RedisServer::WaitUntil("the store is ready", [this] { return ready(); });
  }
  void WaitReason(const std::string& part) const {
    RedisServer::WaitUntil("the reason says " + part,
                           [&] { return !ready() && reason().find(part) != std::string::npos; });
  }
  std::map<std::string, double> numbers() const { return Numbers(*metrics_); }
  SyncTable table() const { return SyncTable(*table_); }
  Table& raw() const { return *table_; }

 private:
  std::shared_ptr<MetricsRegistry> metrics_ = std::make_shared<MetricsRegistry>();
  std::shared_ptr<Witness> witness_ = std::make_shared<Witness>();
  std::unique_ptr<redis_store::RedisStore> store_;
  std::unique_ptr<Table> table_;
};

TEST(RedisStore, BootsWithoutAServerAndHealsByItself) {
  RedisServer server;
  server.Kill();
  Running store(ConfigFor(server));
  store.WaitReason("Connection refused");
  TestCall call(std::chrono::milliseconds(100));
  absl::StatusOr<Written> written = Await(store.raw().Insert(call, Operation(), Record("ana", "1")));
  EXPECT_THAT(written, RefusedWith(Code::kDeadlineExceeded));
  server.Restart();
  store.WaitReady();
  EXPECT_THAT(store.table().Insert(Record("ana", "1")), IsApplied());
}

TEST(RedisStore, CountsWhatItDoes) {
  RedisServer server;
  Running store(ConfigFor(server));
  store.WaitReady();
  EXPECT_THAT(store.table().Insert(Record("ana", "1")), IsApplied());
  EXPECT_FALSE(store.table().Insert(Record("ana", "1")).ok());
  EXPECT_TRUE(store.table().Get("ana").ok());
  std::map<std::string, double> numbers = store.numbers();
  EXPECT_EQ(numbers["tomada_store_operations_total{operation=write,code=OK}"], 1);
  EXPECT_EQ(numbers["tomada_store_operations_total{operation=write,code=ALREADY_EXISTS}"], 1);
  EXPECT_EQ(numbers["tomada_store_operations_total{operation=read,code=OK}"], 1);
  EXPECT_EQ(numbers["tomada_store_queue_depth{}"], 0);
  EXPECT_GE(numbers["tomada_store_pipeline_batch_size{}"], 3);
  EXPECT_EQ(numbers["tomada_store_reconnects_total{}"], 0);
  server.Kill();
  RedisServer::WaitUntil("the loss is seen", [&] { return !store.ready(); });
  TestCall call(std::chrono::milliseconds(50));
  EXPECT_FALSE(Await(store.raw().Get(call, "ana")).ok());
  server.Restart();
  store.WaitReady();
  numbers = store.numbers();
  EXPECT_EQ(numbers["tomada_store_operations_total{operation=read,code=DEADLINE_EXCEEDED}"], 1);
  EXPECT_EQ(numbers["tomada_store_reconnects_total{}"], 1);
}

TEST(RedisStore, AMistakeInTheConfigNamesItsKey) {
  const std::pair<std::function<void(Config&)>, std::string> mistakes[] = {
      {[](Config& config) { config.url = Secret("http://host"); }, "`url`"},
      {[](Config& config) { config.master = "main"; }, "`sentinels` and `master`"},
      {[](Config& config) { config.master = "main", config.sentinels = {"nowhere"}; }, "`sentinels`"},
      {[](Config& config) { config.key_prefix = "{a}"; }, "`key_prefix`"},
      {[](Config& config) { config.role = redis_store::Role::kCache, config.durability = Durability::kSynced; },
       "`durability`"},
  };
  for (const auto& [make, key] : mistakes) {
    Config config;
    make(config);
    EXPECT_THAT(std::string(config.Check().message()), HasSubstr(key));
  }
}

TEST(RedisStore, SpeaksOverAUnixSocketWithADbOfItsOwn) {
  RedisServer server;
  Config config;
  config.url = Secret("unix:" + server.socket_path() + "?db=3");
  Running store(config);
  EXPECT_THAT(store.table().Insert(Record("ana", "1")), IsApplied());
  EXPECT_THAT(server.Info("db3"), HasSubstr("keys="));
}

TEST(RedisStore, SignsInWithAPassword) {
  RedisServer server({"requirepass s@cret"});
  Config config;
  config.url = Secret("redis://:s%40cret@" + server.address());
  Running store(config);
  EXPECT_THAT(store.table().Insert(Record("ana", "1")), IsApplied());
}

TEST(RedisStore, AWrongPasswordIsSaidAndNoCallWaitsForIt) {
  RedisServer server({"requirepass right"});
  Config config;
  config.url = Secret("redis://:wrong@" + server.address());
  Running store(config);
  store.WaitReason("WRONGPASS");
  EXPECT_THAT(store.reason(), ::testing::Not(HasSubstr(":wrong")));
  EXPECT_THAT(store.table().Insert(Record("ana", "1")), RefusedWith(Code::kUnavailable));
}

TEST(RedisStore, APrimaryThatEvictsIsRefusedAndACacheIsNot) {
  RedisServer server({"maxmemory 100mb", "maxmemory-policy allkeys-lru"});
  Config config = ConfigFor(server);
  {
    Running store(config);
    store.WaitReason("maxmemory-policy is allkeys-lru");
  }
  config.role = redis_store::Role::kCache;
  Running store(config);
  EXPECT_THAT(store.table().Insert(Record("ana", "1")), IsApplied());
}

TEST(RedisStore, ADurabilityThatTheServerDoesNotGiveIsRefused) {
  RedisServer server({"appendonly yes", "appendfsync everysec"});
  Config config = ConfigFor(server);
  config.durability = Durability::kSynced;
  Running store(config);
  store.WaitReason("appendfsync always");
  EXPECT_THAT(store.table().Insert(Record("ana", "1")), RefusedWith(Code::kUnavailable));
  server.Set("appendfsync", "always");
  store.WaitReady();
  absl::StatusOr<Written> written = store.table().Insert(Record("ana", "1"));
  ASSERT_THAT(written, IsApplied());
  EXPECT_EQ(written->durability, Durability::kSynced);
}

TEST(RedisStore, AReplicatedWriteNeedsItsReplicas) {
  RedisServer server({"repl-diskless-sync-delay 0"});
  Config config = ConfigFor(server);
  config.durability = Durability::kReplicated;
  Running store(config);
  store.WaitReason("needs 1 replicas; the server has 0");
  RedisServer replica({"replicaof 127.0.0.1 " + std::to_string(server.port())});
  store.WaitReady();
  absl::StatusOr<Written> written = store.table().Insert(Record("ana", "1"));
  ASSERT_THAT(written, IsApplied());
  EXPECT_EQ(written->durability, Durability::kReplicated);

  // Without it the write is made, and never acknowledged.
  replica.Pause();
  const Operation operation;
  TestCall call(std::chrono::seconds(1));
  absl::StatusOr<Written> unknown = Await(store.raw().Insert(call, operation, Record("bia", "1")));
  EXPECT_EQ(unknown.status().code(), Code::kDeadlineExceeded);
  EXPECT_EQ(OutcomeOf(unknown.status()), WriteOutcome::kUnknown);
  replica.Continue();
  absl::StatusOr<Written> again = store.table().Insert(Record("bia", "1"), operation);
  ASSERT_EQ(again.status(), absl::OkStatus());
  EXPECT_TRUE(again->replayed);
}

TEST(RedisStore, AReplicaIsNotWrittenTo) {
  RedisServer server;
  RedisServer replica({"replicaof 127.0.0.1 " + std::to_string(server.port())});
  Running store(ConfigFor(replica));
  store.WaitReason("replica, not the primary");
}

TEST(RedisStore, TheNumberOfBucketsIsForEver) {
  RedisServer server;
  Config config = ConfigFor(server);
  {
    Running store(config);
    store.WaitReady();
  }
  config.buckets = 16;
  Running store(config);
  store.WaitReason("was made with buckets: 256");
}

TEST(RedisStore, ANewerFormatIsNotTouched) {
  RedisServer server;
  server.Command({"HSET", "tomada:meta", "format", "2", "buckets", "256"});
  Running store(ConfigFor(server));
  store.WaitReason("holds format 2");
}

TEST(RedisStore, AKeyOfAnotherTypeFailsTheWriteBeforeAnythingIsWritten) {
  RedisServer server;
  Config config = ConfigFor(server);
  config.buckets = 1;
  Running store(config);
  store.WaitReady();
  server.Command({"SET", "tomada:{users/0}:l", "foreign"});
  EXPECT_EQ(store.table().Insert(Record("ana", "1")).status().code(), Code::kDataLoss);
  EXPECT_EQ(server.Command({"EXISTS", "tomada:{users/0}:r:ana"}).integer, 0);
}

TEST(RedisStore, ForgottenScriptsAreSentAgain) {
  RedisServer server;
  Running store(ConfigFor(server));
  EXPECT_THAT(store.table().Insert(Record("ana", "1")), IsApplied());
  server.Command({"SCRIPT", "FLUSH"});
  EXPECT_THAT(store.table().Insert(Record("bia", "1")), IsApplied());
}

TEST(RedisStore, ABusyServerIsAskedAgainButNotHammered) {
  RedisServer server({"busy-reply-threshold 50"});
  Running store(ConfigFor(server));
  ASSERT_THAT(store.table().Insert(Record("ana", "1")), IsApplied());
  std::jthread endless([&] { server.Command({"EVAL", "while true do end", "0"}); });
  absl::SleepFor(absl::Milliseconds(200));
  std::jthread reader([&] { EXPECT_THAT(store.table().Get("ana"), HasValue("1")); });
  absl::SleepFor(absl::Seconds(1));
  server.Command({"SCRIPT", "KILL"});
  reader.join();
  const std::string rejected = server.Info("cmdstat_getrange");
  const size_t at = rejected.find("rejected_calls=");
  ASSERT_NE(at, std::string::npos) << rejected;
  const int tries = std::stoi(rejected.substr(at + 15));
  EXPECT_GE(tries, 2);
  EXPECT_LE(tries, 40);
}

// Listing included: no command is sent that looks at more than it gives back, and each write is one.
TEST(RedisStore, SendsNothingThatWalksTheServer) {
  RedisServer server;
  Running store(ConfigFor(server));
  store.WaitReady();
  server.Command({"CONFIG", "RESETSTAT"});
  for (int i = 0; i < 20; ++i) ASSERT_THAT(store.table().Insert(Record(std::to_string(i), "")), IsApplied());
  EXPECT_EQ(store.table().List(100)->records.size(), 20u);
  EXPECT_THAT(server.Info("cmdstat_evalsha"), HasSubstr("calls=20,"));
  for (const char* command : {"cmdstat_scan", "cmdstat_keys", "cmdstat_eval"}) EXPECT_EQ(server.Info(command), "");
}

TEST(RedisStore, AFullServerRefusesWritesAndServesReads) {
  RedisServer server;
  Running store(ConfigFor(server));
  ASSERT_THAT(store.table().Insert(Record("ana", "1")), IsApplied());
  server.Set("maxmemory", "1");
  EXPECT_THAT(store.table().Insert(Record("bia", "1")), RefusedWith(Code::kResourceExhausted));
  EXPECT_THAT(store.table().Get("ana"), HasValue("1"));
  EXPECT_THAT(store.table().Remove("ana"), IsApplied());
}

TEST(RedisStore, WhatHasExpiredLeavesNothingBehindWhereOthersWrite) {
  RedisServer server;
  Config config = ConfigFor(server);
  config.buckets = 1;
  Running store(config);
  const absl::Time end = absl::Now() + absl::Milliseconds(30);
  for (const char* id : {"a", "b", "c"}) ASSERT_THAT(store.table().Insert(RecordUntil(id, "", end)), IsApplied());
  WaitUntil(end + absl::Milliseconds(5));
  ASSERT_THAT(store.table().Insert(Record("d", "")), IsApplied());
  EXPECT_EQ(server.Command({"ZCARD", "tomada:{users/0}:l"}).integer, 1);
  EXPECT_EQ(server.Command({"EXISTS", "tomada:{users/0}:x"}).integer, 0);
}

TEST(RedisStore, AFullQueueAnswersAtOnceAndHoldsNoMore) {
  RedisServer server;
  Config config = ConfigFor(server);
  config.max_calls = 4;
  Running store(config);
  store.WaitReady();
  server.Pause();
  std::vector<std::jthread> waiting;
  for (int i = 0; i < 4; ++i) {
    waiting.emplace_back([&] {
      TestCall call(std::chrono::seconds(1));
      EXPECT_EQ(Await(store.raw().Get(call, "ana")).status().code(), Code::kDeadlineExceeded);
    });
  }
  absl::SleepFor(absl::Milliseconds(300));
  EXPECT_EQ(store.table().Get("ana").status().code(), Code::kResourceExhausted);
  waiting.clear();
  server.Continue();
  EXPECT_THAT(store.table().Get("ana"), IsAbsent());
}

TEST(RedisStore, CallsAfterStopAreUnavailable) {
  RedisServer server;
  Running store(ConfigFor(server));
  ASSERT_THAT(store.table().Insert(Record("ana", "1")), IsApplied());
  store.Stop();
  EXPECT_EQ(store.table().Get("ana").status().code(), Code::kUnavailable);
  EXPECT_THAT(store.table().Insert(Record("bia", "1")), RefusedWith(Code::kUnavailable));
  store.Stop();
}

TEST(RedisConfig, MistakesAreSaidBeforeTheStart) {
  const auto check = [](auto change) {
    Config config;
    change(config);
    return config.Check();
  };
  EXPECT_EQ(check([](Config&) {}), absl::OkStatus());
  for (const absl::Status& status :
       {check([](Config& c) { c.url = Secret("redis://"); }), check([](Config& c) { c.master = "m"; }),
        check([](Config& c) { c.sentinels = {"127.0.0.1:1"}; }),
        check([](Config& c) { c.sentinels = {"nowhere"}, c.master = "m"; }),
        check([](Config& c) { c.key_prefix = "a{b}"; }), check([](Config& c) { c.key_prefix = ""; }),
        check([](Config& c) { c.role = redis_store::Role::kCache, c.durability = Durability::kSynced; })}) {
    EXPECT_EQ(status.code(), Code::kInvalidArgument);
  }
}

}  // namespace
}  // namespace tomada::testing
