// Whatever answers on the port: endless, slow, or no Redis at all. No read of it takes memory or time without bound.
#include "fault_test.h"
#include "support/false_server.h"

namespace tomada::testing {
namespace {

constexpr size_t kMemory = 64 << 20;

// What is sent first, and then for ever.
struct Flood {
  std::string name, begin, more;
  milliseconds pause{0};
};
void PrintTo(const Flood& flood, std::ostream* out) { *out << flood.name; }

std::string Repeated(const std::string& text) {
  std::string many;
  while (many.size() < 16 << 10) many += text;
  return many;
}

std::vector<Flood> Floods() {
  return {{"Elements", "*2000000000\r\n", Repeated(":1\r\n")},
          {"FewerElements", "*50000000\r\n", Repeated(":1\r\n")},
          {"EmptyArrays", "*2000000000\r\n", Repeated("*0\r\n")},
          {"Line", "+", Repeated("x")},
          {"ErrorLine", "-", Repeated("x")},
          {"Number", ":", Repeated("1")},
          {"Length", "$", Repeated("1")},
          {"Text", "$2000000000\r\n", Repeated("x")},
          {"ShorterText", "$300000000\r\n", Repeated("x")},
          {"Nesting", "", Repeated("*1\r\n")},
          {"NegativeLength", "$-7\r\n", Repeated("x")},
          {"Errors", "", Repeated("-ERR no\r\n")},
          {"Zeros", "", std::string(16 << 10, '\0')},
          {"AByteNowAndThen", "+", "x", milliseconds(30)},
          {"AnElementNowAndThen", "*2\r\n*500\r\n", ":1\r\n", milliseconds(30)}};
}

void SendForEver(const Flood& flood, int fd) {
  FalseServer::Send(fd, flood.begin);
  while (FalseServer::Send(fd, flood.more)) {
    if (flood.pause.count() > 0) std::this_thread::sleep_for(flood.pause);
  }
}

class RedisFlood : public FaultTest, public ::testing::WithParamInterface<Flood> {
 protected:
  // Several tries end, each in its time, and none keeps memory.
  static void ExpectTriesToEnd(const FalseServer& server, redis_store::Config config) {
    config.connect_timeout = absl::Milliseconds(200);
    const size_t before = ProcessUsage::Now().resident_bytes;
    FaultedStore store(config);
    size_t most = before;
    RedisServer::WaitUntil("the third try", [&] {
      most = std::max(most, ProcessUsage::Now().resident_bytes);
      return server.connections() >= 3;
    });
    if (kMemoryIsTrue) EXPECT_LE(most, before + kMemory);
    EXPECT_FALSE(store.readiness().ready);
    EXPECT_THAT(store.readiness().reason, HasSubstr(server.address()));
    EXPECT_LE(store.readiness().reason.size(), 1000u);
  }
};

TEST_P(RedisFlood, InsteadOfAHandshake) {
  FalseServer server([](int fd) { SendForEver(GetParam(), fd); });
  ExpectTriesToEnd(server, ConfigFor(server.address()));
}

TEST_P(RedisFlood, InsteadOfASentinelsAnswer) {
  FalseServer sentinel([](int fd) { SendForEver(GetParam(), fd); });
  redis_store::Config config;
  config.sentinels = {sentinel.address()};
  config.master = "main";
  ExpectTriesToEnd(sentinel, config);
}

// Its own call ends in time, and with it all that it did.
TEST_P(RedisFlood, InsteadOfAnAnswerToACall) {
  RedisServer server;
  std::atomic<bool> floods = true;
  FalseServer between([&](int fd) {
    if (FalseServer::RelayUntil(fd, server.port(), floods ? "\r\nGETRANGE\r\n" : "nothing has this in it")) {
      SendForEver(GetParam(), fd);
    }
  });
  redis_store::Config config = ConfigFor(between.address());
  FaultedStore store(config);
  store.WaitFor(true);
  const size_t before = ProcessUsage::Now().resident_bytes;
  EXPECT_FALSE(GetWithin(store.table(), seconds(1), "a").ok());
  if (kMemoryIsTrue) EXPECT_LE(ProcessUsage::Now().resident_bytes, before + kMemory);
  floods = false;
  EXPECT_EQ(PutWithin(store.table(), seconds(60), Record("b", "1")).status(), absl::OkStatus());
}

INSTANTIATE_TEST_SUITE_P(Kinds, RedisFlood, ::testing::ValuesIn(Floods()),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace tomada::testing
