// Connections that end at the worst moment.
#include <random>

#include <fmt/format.h>

#include "fault_test.h"

namespace tomada::testing {
namespace {

using RedisCut = FaultTest;

// One call of each kind that a table has, on a table whose one record is "ana" with the value "1" and this version.
struct CutCall {
  std::string name;
  bool is_write;
  // Whether it gave what it should, as if nothing had been cut.
  std::function<bool(Table& table, const std::string& version)> run;
};

void PrintTo(const CutCall& call, std::ostream* out) { *out << call.name; }

bool Ok(const absl::StatusOr<Written>& written) {
  EXPECT_EQ(written.status(), absl::OkStatus());
  return written.ok() && !written->version.empty();
}

Record Person(const std::string& id, const std::string& value) {
  Record record(id, value);
  record.unique_keys.emplace_back("email", id + "@x");
  return record;
}

std::vector<CutCall> AllCalls() {
  using V = const std::string&;
  return {
      {"insert", true, [](Table& t, V) { return Ok(SyncTable(t).Insert(Person("bia", "2"))); }},
      {"put", true, [](Table& t, V) { return Ok(SyncTable(t).Put(Person("ana", "2"))); }},
      {"update", true, [](Table& t, V version) { return Ok(SyncTable(t).Update(Person("ana", "3"), version)); }},
      {"remove", true, [](Table& t, V version) { return Ok(SyncTable(t).Remove("ana", version)); }},
      {"get", false, [](Table& t, V) { return SyncTable(t).Get("ana").value()->value == "1"; }},
      {"get_many", false,
       [](Table& t, V) {
         return SyncTable(t).GetMany({"no", "ana"}).value()[1]->value == "1";
       }},
      {"find", false, [](Table& t, V) { return SyncTable(t).Find("email", "ana@x").value()->id == "ana"; }},
      {"list", false, [](Table& t, V) { return SyncTable(t).List(10).value().records.size() == 1; }},
  };
}

class RedisCutCall : public FaultTest, public ::testing::WithParamInterface<CutCall> {
 protected:
  // Runs the call and says how often the server ran its script.
  int Run() {
    rig_->server.Command({"CONFIG", "RESETSTAT"});
    EXPECT_TRUE(GetParam().run(rig_->store.table(), version_));
    EXPECT_EQ(rig_->proxy.cuts(), 1u);
    EXPECT_GE(rig_->store.Logged("connection lost"), 1u);
    const std::string stats = rig_->server.Info("cmdstat_evalsha");  // "calls=1,usec=...,failed_calls=0"
    const auto count = [&](const std::string& name) {
      const size_t at = stats.find(name + "=");
      return at == std::string::npos ? 0 : std::stoi(stats.substr(at + name.size() + 1));
    };
    return count("calls") - count("failed_calls");  // a handshake tries a script that there is not
  }
  void TearDown() override {
    rig_.reset();
    FaultTest::TearDown();
  }
  std::unique_ptr<ProxiedStore> rig_ = std::make_unique<ProxiedStore>();
  const std::string version_ = rig_->store.sync().Insert(Person("ana", "1")).value().version;
};

TEST_P(RedisCutCall, BeforeTheRequestIsDelivered) {
  rig_->proxy.CutAfter(Way::kToServer, 0);
  EXPECT_EQ(Run(), GetParam().is_write ? 1 : 0);
}

TEST_P(RedisCutCall, WithinTheRequest) {
  rig_->proxy.CutAfter(Way::kToServer, 11, CutBy::kClose);
  EXPECT_EQ(Run(), GetParam().is_write ? 1 : 0);
}

TEST_P(RedisCutCall, BetweenRequestAndAnswer) {
  rig_->proxy.CutAfter(Way::kToClient, 0);
  EXPECT_EQ(Run(), GetParam().is_write ? 2 : 0);  // the second time to no effect: else it would be a conflict
}

TEST_P(RedisCutCall, WithinTheAnswer) {
  rig_->proxy.CutAfter(Way::kToClient, 3);
  EXPECT_EQ(Run(), GetParam().is_write ? 2 : 0);
}

INSTANTIATE_TEST_SUITE_P(Calls, RedisCutCall, ::testing::ValuesIn(AllCalls()),
                         [](const auto& test) { return test.param.name; });

TEST_F(RedisCut, AnAnswerIsLostAndTheCallIsTooShortToAskAgain) {
  ProxiedStore rig;
  const std::string version = rig.store.sync().Insert(Record("a", "1")).value().version;
  const Operation operation;
  const auto update = [&](milliseconds timeout) {
    TestCall call(timeout);
    return Await(rig.store.table().Update(call, operation, Record("a", "2"), version));
  };
  rig.proxy.Refuse();
  rig.proxy.CutAfter(Way::kToClient, 0);
  const absl::Status lost = update(milliseconds(200)).status();
  EXPECT_EQ(OutcomeOf(lost), WriteOutcome::kUnknown) << lost;
  rig.proxy.Heal();
  absl::StatusOr<Written> again = update(seconds(5));
  ASSERT_EQ(again.status(), absl::OkStatus());
  EXPECT_TRUE(again->replayed);
}

// Never sent: then nothing is in doubt.
TEST_F(RedisCut, ACallThatFoundNoConnectionIsNotApplied) {
  ProxiedStore rig;
  rig.proxy.Refuse();
  rig.proxy.CutAll();
  rig.store.WaitFor(false);
  const absl::Status refused = PutWithin(rig.store.table(), milliseconds(200), Record("a", "1")).status();
  EXPECT_FALSE(refused.ok());
  EXPECT_EQ(OutcomeOf(refused), WriteOutcome::kNotApplied) << refused;
}

// One of the ways in which a connection ends, chosen by `dice`.
void Hurt(FaultProxy& proxy, std::mt19937& dice) {
  const auto bytes = [&] { return std::uniform_int_distribution<size_t>(0, 2000)(dice); };
  switch (dice() % 6) {
    case 0: return proxy.CutAll(CutBy::kReset);
    case 1: return proxy.CutAll(CutBy::kClose);
    case 2: return proxy.HalfClose(Way::kToServer);
    case 3: return proxy.HalfClose(Way::kToClient);
    case 4: return proxy.CutAfter(Way::kToServer, bytes());
    default: return proxy.CutAfter(Way::kToClient, bytes());
  }
}

TEST_F(RedisCut, ConnectionsEndInEveryWayUnderLoad) {
  ProxiedStore rig({}, [](redis_store::Config& config) { config.io_threads = 2; });
  LoadDriver load(rig.store.table(), rig.log, ModestLoad());
  const unsigned seed = std::random_device()();
  std::mt19937 dice(seed);
  const Clock::time_point end = Clock::now() + ShortOrLong(seconds(5), seconds(120));
  while (Clock::now() < end) {
    std::this_thread::sleep_for(milliseconds(50 + dice() % 100));
    Hurt(rig.proxy, dice);
  }
  load.Stop();
  EXPECT_EQ(rig.log.unresolved(), 0u);
  EXPECT_GT(rig.proxy.connections(), 10u);
  EXPECT_THAT(rig.log.Check(rig.store.table()), IsEmpty()) << rig.log.Summary() << "; seed " << seed;
}

TEST_F(RedisCut, ClientsKilledByTheServerUnderLoad) {
  ProxiedStore rig;
  LoadDriver load(rig.store.table(), rig.log, ModestLoad());
  for (int i = 0; i < ShortOrLong(10, 300); ++i) {
    std::this_thread::sleep_for(milliseconds(150));
    rig.server.Command({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
  }
  load.Stop();
  EXPECT_THAT(rig.log.Check(rig.store.table()), IsEmpty()) << rig.log.Summary();
}

}  // namespace
}  // namespace tomada::testing
