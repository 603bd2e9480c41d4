// Keys that hold what this store did not write: whoever asks for one is told, and nobody else is.
#include "cached_store.h"
#include "fault_test.h"

namespace tomada::testing {
namespace {

constexpr int kTooLong = 20 << 20;

// A store of one bucket with two records, and the keys that they lie under.
class RedisDamage : public FaultTest {
 protected:
  RedisDamage() : rig_(std::in_place, std::vector<std::string>(), [](auto& config) { config.buckets = 1; }) {
    Record ana("ana", "1");
    ana.unique_keys = {UniqueKey("email", "a@x")};
    EXPECT_EQ(PutWithin(table(), seconds(5), ana).status(), absl::OkStatus());
    EXPECT_EQ(PutWithin(table(), seconds(5), Record("bia", "2")).status(), absl::OkStatus());
    const RedisReply claims = rig_->server.Command({"KEYS", "tomada:u:*"});
    EXPECT_EQ(claims.elements.size(), 1u);
    claim_ = claims.elements.at(0).text;
  }

  void TearDown() override {
    rig_.reset();
    FaultTest::TearDown();
  }

  Table& table() { return rig_->store.table(); }
  RedisReply Redis(const std::vector<std::string>& words) { return rig_->server.Command(words); }
  std::string Key(const std::string& rest) const { return "tomada:{t/0}:" + rest; }
  // The ids and whatever else tells of what there is.
  std::vector<std::string> Everything() {
    std::vector<std::string> keys;
    for (const RedisReply& key : Redis({"KEYS", "*"}).elements) keys.push_back(key.text);
    std::sort(keys.begin(), keys.end());
    return keys;
  }

  static void ExpectDamage(const absl::Status& status, const std::string& named) {
    EXPECT_EQ(status.code(), Code::kDataLoss) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(named));
  }
  void ExpectNotWritten(const absl::Status& status, const std::string& named) {
    ExpectDamage(status, named);
    EXPECT_EQ(OutcomeOf(status), WriteOutcome::kNotApplied) << status;
  }
  // Each way to read ana, and each to write it, changes nothing and says so; bia is none the worse.
  void ExpectDamagedRecord(bool writes) {
    const std::string key = Key("r:ana");
    const SyncTable sync(table());
    ExpectDamage(sync.Get("ana").status(), key);
    ExpectDamage(sync.GetMany({"bia", "ana", "bia"}).status(), key);
    ExpectDamage(sync.List(10).status(), key);
    ExpectDamage(sync.Find("email", "a@x").status(), key);
    if (writes) {
      const std::vector<std::string> before = Everything();
      ExpectNotWritten(sync.Put(Record("ana", "3")).status(), key);
      ExpectNotWritten(sync.Insert(Record("ana", "3")).status(), key);
      ExpectNotWritten(sync.Update(Record("ana", "3"), "AAAAAAAAAAAAAAA").status(), key);
      ExpectNotWritten(sync.Remove("ana").status(), key);
      EXPECT_EQ(Everything(), before);
    }
    ExpectUnharmed();
    EXPECT_GE(rig_->store.Logged("damaged data"), 1u);
    EXPECT_GE(rig_->store.Logged(key), 1u);
  }
  void ExpectUnharmed() {
    EXPECT_EQ(GetWithin(table(), seconds(5), "bia").value()->value, "2");
    EXPECT_EQ(PutWithin(table(), seconds(5), Record("bia", "2")).status(), absl::OkStatus());
    EXPECT_EQ(rig_->store.Logged("connection lost"), 0u);
    EXPECT_TRUE(rig_->store.readiness().ready);
  }

  std::optional<ProxiedStore> rig_;
  std::string claim_;
};

TEST_F(RedisDamage, ARecordThatIsTooLongToBeRead) {
  Redis({"SETRANGE", Key("r:ana"), std::to_string(kTooLong), "x"});
  ExpectDamagedRecord(false);
  // What is longer than any record begins as one, and can be replaced.
  EXPECT_EQ(PutWithin(table(), seconds(5), Record("ana", "3")).status(), absl::OkStatus());
  EXPECT_EQ(GetWithin(table(), seconds(5), "ana").value()->value, "3");
  EXPECT_EQ(GetWithin(table(), seconds(5), "bia").value()->value, "2");
  EXPECT_EQ(Redis({"EXISTS", claim_}).integer, 0) << "it has been released";
}

TEST_F(RedisDamage, AnEmptyStringIsAsGoodAsNoRecord) {
  Redis({"SET", Key("r:ana"), ""});
  EXPECT_EQ(GetWithin(table(), seconds(5), "ana").value(), nullptr);
  EXPECT_EQ(PutWithin(table(), seconds(5), Record("ana", "3")).status(), absl::OkStatus());
  EXPECT_EQ(GetWithin(table(), seconds(5), "ana").value()->value, "3");
}

// The longest that may be written can be read; more is refused before it is sent.
TEST_F(RedisDamage, TheLongestRecordIsNotDamaged) {
  Record longest(std::string(512, 'i'), std::string(1 << 20, 'v'));
  longest.unique_keys = {UniqueKey("email", std::string(512 << 10, 'k'))};
  ASSERT_EQ(PutWithin(table(), seconds(5), longest).status(), absl::OkStatus());
  ASSERT_EQ(PutWithin(table(), seconds(5), longest).status(), absl::OkStatus()) << "the script reads it, too";
  const absl::StatusOr<RecordPtr> found = SyncTable(table()).Find("email", longest.unique_keys[0].value);
  ASSERT_EQ(found.status(), absl::OkStatus());
  EXPECT_TRUE((*found)->value == longest.value);
  longest.unique_keys[0].value += 'k';
  EXPECT_EQ(PutWithin(table(), seconds(5), longest).status().code(), Code::kInvalidArgument);
}

// It is not sent, so that it makes no difference how fast the connection is.
TEST_F(RedisDamage, OthersReadAsFastAsBeforeBesideOne) {
  Redis({"SETRANGE", Key("r:ana"), std::to_string(kTooLong), "x"});
  const auto sent = [&] { return std::stoll(rig_->server.Info("total_net_output_bytes")); };
  const int64_t sent_before = sent();
  const size_t before = ProcessUsage::Now().resident_bytes;
  std::atomic<bool> over = false;
  std::atomic<int> failed = 0;
  std::thread reader([&] {
    for (; !over; ++failed) ExpectDamage(SyncTable(table()).Get("ana").status(), "ana");
  });
  std::vector<milliseconds> times;
  while (times.size() < 100 || failed < 5) {
    const Clock::time_point begin = Clock::now();
    EXPECT_EQ(GetWithin(table(), seconds(5), "bia").value()->value, "2");
    times.push_back(std::chrono::duration_cast<milliseconds>(Clock::now() - begin));
  }
  if (kMemoryIsTrue) EXPECT_LE(ProcessUsage::Now().resident_bytes, before + (64 << 20));
  over = true;
  reader.join();
  EXPECT_LE((sent() - sent_before) / failed, 3 << 20);
  std::sort(times.begin(), times.end());
  RecordProperty("p99_ms", static_cast<int>(times[times.size() * 99 / 100].count()));
  EXPECT_LE(times[times.size() * 99 / 100], milliseconds(250) + Slack());
  EXPECT_EQ(rig_->proxy.connections(), 1u);
}

TEST_F(RedisDamage, ARecordThatIsNone) {
  Redis({"SET", Key("r:ana"), "somebody else's"});
  ExpectDamagedRecord(true);
}

TEST_F(RedisDamage, ARecordOfAnotherType) {
  Redis({"DEL", Key("r:ana")});
  Redis({"HSET", Key("r:ana"), "a", "b"});
  ExpectDamagedRecord(true);
}

// Cut at each byte before its value.
TEST_F(RedisDamage, ARecordThatWasCut) {
  const std::string whole = Redis({"GET", Key("r:ana")}).text;
  for (size_t size = 1; size + 1 < whole.size(); ++size) {
    SCOPED_TRACE(size);
    Redis({"SET", Key("r:ana"), whole.substr(0, size)});
    ExpectDamagedRecord(true);
  }
}

TEST_F(RedisDamage, AClaimThatIsNone) {
  Record other("other", "1");
  other.unique_keys = {UniqueKey("email", "a@x")};
  const auto expect = [&] {
    const SyncTable sync(table());
    const absl::Status find = sync.Find("email", "a@x").status();
    ExpectDamage(find, "tomada:u:t:email:{");
    EXPECT_THAT(std::string(find.message()), ::testing::Not(HasSubstr("a@x"))) << "which may be personal";
    const std::vector<std::string> before = Everything();
    ExpectNotWritten(sync.Insert(other).status(), "r:other");
    EXPECT_EQ(Everything(), before);
    ExpectUnharmed();
  };
  for (const char* claim : {"1", "12345678"}) {
    Redis({"SET", claim_, claim});
    expect();
  }
  Redis({"DEL", claim_});
  Redis({"RPUSH", claim_, "a"});
  expect();
}

TEST_F(RedisDamage, AClaimThatIsTooLong) {
  Redis({"SETRANGE", claim_, std::to_string(kTooLong), "x"});
  ExpectDamage(SyncTable(table()).Find("email", "a@x").status(), "tomada:u:t:email:{");
  ExpectUnharmed();
}

TEST_F(RedisDamage, AListThatIsNone) {
  Redis({"ZADD", Key("l"), "0", std::string(600, 'x')});
  ExpectDamage(SyncTable(table()).List(10).status(), Key("l"));
  Redis({"ZADD", Key("l"), "0", std::string(kTooLong, 'x')});
  ExpectDamage(SyncTable(table()).List(10).status(), Key("l"));
  ExpectUnharmed();
  Redis({"DEL", Key("l")});
  Redis({"SET", Key("l"), "a"});
  ExpectDamage(SyncTable(table()).List(10).status(), Key("l"));
  ExpectNotWritten(SyncTable(table()).Put(Record("other", "1")).status(), "r:other");
  EXPECT_EQ(rig_->store.Logged("connection lost"), 0u);
}

TEST_F(RedisDamage, ACounterOrAResultThatIsNone) {
  const SyncTable sync(table());
  for (const char* counter : {"many", "-7", "9000000000000000", "9223372036854775807"}) {
    Redis({"SET", Key("s"), counter});
    ExpectNotWritten(sync.Put(Record("other", "1")).status(), "r:other");
  }
  Redis({"SET", Key("s"), ""});  // as good as none
  EXPECT_EQ(sync.Put(Record("other", "1")).status(), absl::OkStatus());
  Redis({"SET", Key("s"), "100"});
  const Operation operation;
  ASSERT_EQ(sync.Put(Record("other", "1"), operation).status(), absl::OkStatus());
  const std::string result = Key("o:") + std::string(reinterpret_cast<const char*>(operation.id.bytes().data()), 16);
  const std::vector<std::vector<std::string>> damages = {{"SET", result, "short"},
                                                         {"SETRANGE", result, std::to_string(kTooLong), "x"}};
  for (const std::vector<std::string>& damage : damages) {
    Redis(damage);
    const absl::Status again = sync.Put(Record("other", "1"), operation).status();
    ExpectDamage(again, "r:other");
    EXPECT_EQ(OutcomeOf(again), WriteOutcome::kUnknown) << "it may have been applied before";
  }
  ExpectUnharmed();
}

// One strange entry says nothing of the cache: the others still come from there.
TEST_F(RedisDamage, AnEntryOfACacheIsAMissAndTheCacheIsUsed) {
  RedisServer cache_server;
  redis_store::Config config = ConfigFor(cache_server.address());
  config.role = redis_store::Role::kCache;
  config.buckets = 1;
  FaultedStore cache(config, FaultTable("unused"));
  cache.WaitFor(true);
  const auto witness = std::make_shared<Witness>();
  cached_store::CachedStore cached(cached_store::Config(), rig_->store.store(), cache.store(),
                                   Logger(witness, "cached"));
  ASSERT_EQ(cached.Start(), absl::OkStatus());
  const std::unique_ptr<Table> front = *cached.OpenTable(FaultTable());
  const SyncTable sync(*front);
  ASSERT_EQ(sync.Get("ana").value()->value, "1");
  ASSERT_EQ(sync.Get("bia").value()->value, "2");
  const auto entries = [&] { return cache_server.Command({"KEYS", "*:r:*"}).elements; };
  RedisServer::WaitUntil("both are cached", [&] { return entries().size() == 2; });
  for (const RedisReply& key : entries()) {
    if (key.text.ends_with("ana")) cache_server.Command({"SETRANGE", key.text, "0", "?"});
  }
  EXPECT_EQ(sync.Get("ana").value()->value, "1");
  EXPECT_EQ(sync.GetMany({"ana", "bia"}).value()[0]->value, "1");
  EXPECT_EQ(sync.Put(Record("ana", "3")).status(), absl::OkStatus());
  EXPECT_EQ(sync.Get("ana").value()->value, "3");
  EXPECT_EQ(witness->Logged("does not answer"), 0u);
  EXPECT_EQ(cached.Stop(Deadline::max()), absl::OkStatus());
}

}  // namespace
}  // namespace tomada::testing
