// Faults by TLS: bytes that are held there, records that are cut.
#include <random>

#include <fmt/format.h>

#include "fault_test.h"
#include "support/redis_tls.h"

namespace tomada::testing {
namespace {

// A server, a proxy in front of its TLS port, and a store that knows only the proxy.
struct TlsRig {
  TlsRig() {
    redis_store::Config config = ConfigFor(proxy.address());
    config.url = Secret("rediss://" + proxy.address());
    config.tls.ca = tls.files().Path("ca.pem");
    store = std::make_unique<FaultedStore>(config);
    store->WaitFor(true);
  }

  RedisTls tls;
  RedisServer server{tls.settings()};
  FaultProxy proxy{tls.port()};
  std::unique_ptr<FaultedStore> store;
  WriteLog log;
};

using RedisTlsFault = FaultTest;

TEST_F(RedisTlsFault, ConnectionsAreCutWithinRecordsUnderLoad) {
  TlsRig rig;
  LoadDriver load(rig.store->table(), rig.log, ModestLoad());
  const unsigned seed = std::random_device()();
  std::mt19937 dice(seed);
  const Clock::time_point end = Clock::now() + ShortOrLong(seconds(3), seconds(60));
  for (bool way = false; Clock::now() < end; way = !way) {
    std::this_thread::sleep_for(milliseconds(50 + dice() % 100));
    const size_t bytes = std::uniform_int_distribution<size_t>(0, 3000)(dice);
    rig.proxy.CutAfter(way ? Way::kToServer : Way::kToClient, bytes, dice() % 2 ? CutBy::kReset : CutBy::kClose);
  }
  load.Stop();
  EXPECT_EQ(rig.log.unresolved(), 0u);
  EXPECT_GT(rig.proxy.cuts(), 5u);
  EXPECT_THAT(rig.log.Check(rig.store->table()), IsEmpty()) << rig.log.Summary() << "; seed " << seed;
}

TEST_F(RedisTlsFault, RecordsComeInPieces) {
  TlsRig rig;
  rig.proxy.Slice(Way::kToClient, 37);
  rig.proxy.Slice(Way::kToServer, 301);
  LoadDriver load(rig.store->table(), rig.log, ModestLoad());
  std::this_thread::sleep_for(ShortOrLong(milliseconds(500), milliseconds(20'000)));
  load.Stop();
  EXPECT_EQ(rig.store->Logged("connection lost"), 0u);
  EXPECT_THAT(rig.log.Check(rig.store->table()), IsEmpty()) << rig.log.Summary();
}

TEST_F(RedisTlsFault, AServerThatDiesOrIsSilentIsNoticedAndSurvived) {
  TlsRig rig;
  LoadDriver load(rig.store->table(), rig.log, ModestLoad());
  std::this_thread::sleep_for(milliseconds(300));
  rig.proxy.BlackHole(Way::kToClient);
  EXPECT_LE(rig.store->WaitFor(false), kNoticed + Slack());
  rig.proxy.Heal();
  EXPECT_LE(rig.store->WaitFor(true), kRecovered + Slack());
  rig.proxy.HalfClose(Way::kToClient);
  RedisServer::WaitUntil("the end is seen", [&] { return rig.store->Logged("connection cut: TLS") > 0; });
  rig.store->WaitFor(true);
  rig.server.Command({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});  // which says goodbye
  RedisServer::WaitUntil("the end is seen", [&] { return rig.store->Logged("connection closed by the server") > 0; });
  rig.store->WaitFor(true);
  load.Stop();
  EXPECT_THAT(rig.log.Check(rig.store->table()), IsEmpty()) << rig.log.Summary();
}

// Nothing is read: what is encrypted and cannot be sent stays bounded, and the connection is given up.
TEST_F(RedisTlsFault, AServerThatReadsNothingIsGivenUp) {
  TlsRig rig;
  rig.proxy.StopReading(Way::kToServer);
  const std::string large(1 << 20, 'v');
  std::vector<std::thread> writers;
  for (int i = 0; i < 12; ++i) {
    writers.emplace_back(
        [&, i] { EXPECT_FALSE(PutWithin(rig.store->table(), seconds(1), Record(fmt::format("a{}", i), large)).ok()); });
  }
  EXPECT_LE(rig.store->WaitFor(false), kNoticed + Slack());
  for (std::thread& writer : writers) writer.join();
  rig.proxy.Heal();
  EXPECT_LE(rig.store->WaitFor(true), kRecovered + Slack());
  EXPECT_EQ(PutWithin(rig.store->table(), seconds(5), Record("b", large)).status(), absl::OkStatus());
}

}  // namespace
}  // namespace tomada::testing
