// Connections that end at the worst moment.
#include <random>

#include <fmt/format.h>

#include "fault_test.h"

namespace tomada::testing {
namespace {

using RedisCut = FaultTest;

// One call of each kind that a table has, with what it must give wherever the connection was cut.
struct CutCall {
  std::string name;
  // True when the result says that an earlier attempt had been applied. Fails the test when the call fails.
  std::function<bool(Table&)> run;
};

void PrintTo(const CutCall& call, std::ostream* out) { *out << call.name; }

bool Replayed(const absl::StatusOr<Written>& written) {
  EXPECT_EQ(written.status(), absl::OkStatus());
  return written.ok() && written->replayed;
}

bool Seen(bool right) {
  EXPECT_TRUE(right);
  return false;
}

Record Person(const std::string& id, const std::string& value) {
  Record record(id, value);
  record.unique_keys.emplace_back("email", id + "@x");
  return record;
}

std::vector<CutCall> AllCalls() {
  return {
      {"insert", [](Table& t) { return Replayed(SyncTable(t).Insert(Person("new", "1"))); }},
      {"put", [](Table& t) { return Replayed(SyncTable(t).Put(Person("ana", "2"))); }},
      {"update",
       [](Table& t) {
         return Replayed(SyncTable(t).Update(Person("ana", "3"), SyncTable(t).Get("ana").value()->version));
       }},
      {"remove", [](Table& t) { return Replayed(SyncTable(t).Remove("ana")); }},
      {"get", [](Table& t) { return Seen(SyncTable(t).Get("ana").value()->value == "1"); }},
      {"get_many",
       [](Table& t) {
         return Seen(SyncTable(t).GetMany({"ana", "no"}).value()[0]->value == "1");
       }},
      {"find", [](Table& t) { return Seen(SyncTable(t).Find("email", "ana@x").value()->id == "ana"); }},
      {"list", [](Table& t) { return Seen(SyncTable(t).List(10).value().records.size() == 1); }},
  };
}

class RedisCutCall : public FaultTest, public ::testing::WithParamInterface<CutCall> {
 protected:
  RedisCutCall() { EXPECT_EQ(rig_->store.sync().Insert(Person("ana", "1")).status(), absl::OkStatus()); }
  // Whether the operation was applied by an attempt whose answer was lost.
  bool Run() {
    const bool replayed = GetParam().run(rig_->store.table());
    EXPECT_EQ(rig_->proxy.cuts(), 1u);
    EXPECT_GE(rig_->store.Logged("connection lost"), 1u);
    return replayed;
  }
  void TearDown() override {
    rig_.reset();
    FaultTest::TearDown();
  }
  std::unique_ptr<ProxiedStore> rig_ = std::make_unique<ProxiedStore>();
};

TEST_P(RedisCutCall, BeforeTheRequestIsDelivered) {
  rig_->proxy.CutAfter(Way::kToServer, 0);
  EXPECT_FALSE(Run());
}

TEST_P(RedisCutCall, WithinTheRequest) {
  rig_->proxy.CutAfter(Way::kToServer, 11, CutBy::kClose);
  EXPECT_FALSE(Run());
}

TEST_P(RedisCutCall, BetweenRequestAndAnswer) {
  // An update reads first here; the answer to that is not the one to lose.
  if (GetParam().name == "update") GTEST_SKIP() << "see AnAnswerIsLostAndTheCallIsTooShortToAskAgain";
  rig_->proxy.CutAfter(Way::kToClient, 0);
  const bool is_write = GetParam().name == "insert" || GetParam().name == "put" || GetParam().name == "remove";
  EXPECT_EQ(Run(), is_write);
}

TEST_P(RedisCutCall, WithinTheAnswer) {
  rig_->proxy.CutAfter(Way::kToClient, 3);
  Run();
}

INSTANTIATE_TEST_SUITE_P(Calls, RedisCutCall, ::testing::ValuesIn(AllCalls()),
                         [](const auto& info) { return info.param.name; });

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
