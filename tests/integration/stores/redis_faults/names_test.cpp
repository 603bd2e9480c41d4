// A server that has a name: name servers that are slow, silent or wrong, and names with several addresses.
#include <algorithm>
#include <filesystem>
#include <iterator>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "network_test.h"
#include "support/name_server.h"
#include "support/sync.h"

namespace tomada::testing {
namespace {

size_t Threads() {
  return static_cast<size_t>(std::distance(std::filesystem::directory_iterator("/proc/self/task"), {}));
}

class RedisNames : public NetworkTest {
 protected:
  void SetUp() override {
    NetworkTest::SetUp();
    if (refused.empty()) names_ = std::make_unique<NameServer>();
    threads_ = Threads();
  }
  void TearDown() override {
    RedisServer::WaitUntil("look-ups that were given up have ended", [&] { return Threads() <= threads_; });
    names_.reset();
    NetworkTest::TearDown();
  }

  static redis_store::Config Named(uint16_t port) { return ConfigFor(fmt::format("redis.test:{}", port)); }
  static void WaitForReason(FaultedStore& store, const std::string& reason) {
    RedisServer::WaitUntil("it says why: " + reason,
                           [&] { return store.readiness().reason.find(reason) != std::string::npos; });
  }

  std::unique_ptr<NameServer> names_;
  size_t threads_ = 0;
};

constexpr milliseconds kOneTry{1000};  // connect_timeout
// When the resolver asks again after a question without an answer, or gives up: then the store does, after its
// back-off.
constexpr milliseconds kAskedAgain{5000};

// The id of one of the store's connections.
std::string IdOfAClientOf(const RedisServer& server) {
  const std::string clients = server.Command({"CLIENT", "LIST", "TYPE", "NORMAL"}).text;  // the asker's is the last
  return clients.substr(3, clients.find(' ') - 3);                                        // "id=7 addr=..."
}

TEST_F(RedisNames, ANameThatIsNotThereYet) {
  RedisServer server;
  FaultedStore store(Named(server.port()));
  WaitForReason(store, fmt::format("redis.test:{}: Name or service not known", server.port()));
  const absl::Status write = PutWithin(store.table(), milliseconds(100), Record("a", "1")).status();
  EXPECT_EQ(OutcomeOf(write), WriteOutcome::kNotApplied) << write;
  names_->Answer({"127.0.0.1"});
  EXPECT_LE(store.WaitFor(true), kRecovered + Slack());
}

TEST_F(RedisNames, ASilentNameServerHoldsUpNobody) {
  RedisServer server;
  names_->StaySilent();
  FaultedStore store(Named(server.port()));
  WaitForReason(store, "name look-up timed out");
  const size_t threads = Threads();
  const Clock::time_point begin = Clock::now();
  while (Clock::now() - begin < ShortOrLong(seconds(4), seconds(30))) {
    EXPECT_EQ(OutcomeOf(PutWithin(store.table(), milliseconds(20), Record("a", "1")).status()),
              WriteOutcome::kNotApplied);
    EXPECT_FALSE(GetWithin(store.table(), milliseconds(20), "a").ok());
  }
  EXPECT_LE(Threads(), threads + 1);  // tries do not pile up look-ups
  names_->Answer({"127.0.0.1"});
  EXPECT_LE(store.WaitFor(true), kAskedAgain + kRecovered + kOneTry + Slack());
  EXPECT_EQ(PutWithin(store.table(), seconds(2), Record("a", "1")).status(), absl::OkStatus());
}

// One of two connections is lost while names cannot be looked up: the other goes on.
TEST_F(RedisNames, WhoIsConnectedDoesNotWaitForALookUp) {
  RedisServer server;
  names_->Answer({"127.0.0.1"});
  redis_store::Config config = Named(server.port());
  config.io_threads = 2;
  FaultedStore store(config);
  store.WaitFor(true);
  names_->StaySilent();
  ASSERT_EQ(server.Command({"CLIENT", "KILL", "ID", IdOfAClientOf(server)}).integer, 1);
  store.WaitFor(false);
  int answered = 0;
  for (int i = 0; i < 40; ++i) {
    const std::string record = fmt::format("a{}", i);
    const absl::Status write = PutWithin(store.table(), milliseconds(100), Record(record, "1")).status();
    answered += write.ok();
    EXPECT_TRUE(write.ok() || OutcomeOf(write) == WriteOutcome::kNotApplied) << write;
  }
  EXPECT_GE(answered, 10);
  names_->Answer({"127.0.0.1"});
  EXPECT_LE(store.WaitFor(true), kAskedAgain + kRecovered + kOneTry + Slack());
}

TEST_F(RedisNames, ANameServerThatTakesLongerThanATry) {
  RedisServer server;
  names_->Answer({"127.0.0.1"}, kOneTry * 5 / 2);
  FaultedStore store(Named(server.port()));
  EXPECT_LE(store.WaitFor(true), kOneTry * 5 / 2 + kRecovered + Slack());
}

// Of three addresses one refuses, nobody has one, and one is the server's, in whatever order they are given.
TEST_F(RedisNames, EveryAddressIsTried) {
  FarNetwork far;
  RedisServer server({fmt::format("bind 127.0.0.1 {}", FarNetwork::kFar)}, &far);
  std::vector<std::string> addresses = {FarNetwork::kFar, FarNetwork::kNobody, "127.0.0.1"};
  milliseconds longest{0};
  do {
    names_->Answer(addresses);
    FaultedStore store(Named(server.port()));
    const milliseconds ready = store.WaitFor(true);
    EXPECT_LE(ready, kOneTry + Slack()) << fmt::format("{}", fmt::join(addresses, " "));
    longest = std::max(longest, ready);
  } while (std::ranges::next_permutation(addresses).found);
  EXPECT_GE(longest, kOneTry) << "the address that nobody has was never tried first";
}

TEST_F(RedisNames, StopsDuringALookUp) {
  names_->Answer({"127.0.0.1"}, milliseconds(500));
  FaultedStore store(Named(6379));
  RedisServer::WaitUntil("the name is looked up", [&] { return names_->questions() > 0; });
  const Clock::time_point begin = Clock::now();
  store.Stop(milliseconds(100));
  EXPECT_LE(Clock::now() - begin, milliseconds(100) + Slack());
}

}  // namespace
}  // namespace tomada::testing
