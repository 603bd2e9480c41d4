// Bytes that come in pieces, slowly, or wrong.
#include "fault_test.h"

namespace tomada::testing {
namespace {

using RedisWire = FaultTest;

TEST_F(RedisWire, OneByteAtATime) {
  ProxiedStore rig;
  rig.proxy.Slice(Way::kToServer, 16);  // a write is long: so slow that no answer comes for a while would be a stall
  rig.proxy.Slice(Way::kToClient, 1);
  Load load = ModestLoad();
  load.threads = 1;
  load.calls = 2;
  load.timeout = seconds(5);
  LoadDriver driver(rig.store.table(), rig.log, load);
  std::this_thread::sleep_for(seconds(2));
  driver.Stop();
  EXPECT_EQ(rig.store.Logged("connection lost"), 0u);
  EXPECT_GT(rig.log.acknowledged(), 5u);
  rig.proxy.Heal();
  EXPECT_THAT(rig.log.Check(rig.store.table()), IsEmpty()) << rig.log.Summary();
}

// Replies that end just before, at and after what is read at once, with line ends where a line might be looked for.
TEST_F(RedisWire, ValuesOfEverySize) {
  ProxiedStore rig;
  for (size_t size : {0, 1, 16'383, 16'384, 16'385, 65'535, 65'536, 65'537, 1 << 20}) {
    std::string value(size, '\n');
    for (size_t i = 0; i < size; i += 2) value[i] = '\r';
    for (size_t slice : {0, 1000, 16'384}) {
      rig.proxy.Slice(Way::kToClient, slice);
      ASSERT_EQ(PutWithin(rig.store.table(), seconds(10), Record("a", value)).status(), absl::OkStatus());
      absl::StatusOr<RecordPtr> read = GetWithin(rig.store.table(), seconds(10), "a");
      ASSERT_EQ(read.status(), absl::OkStatus());
      EXPECT_TRUE((*read)->value == value) << size;
    }
  }
  EXPECT_EQ(rig.store.Logged("connection lost"), 0u);
}

TEST_F(RedisWire, AReplyOfNoKnownType) {
  ProxiedStore rig;
  ASSERT_EQ(PutWithin(rig.store.table(), seconds(5), Record("a", "1")).status(), absl::OkStatus());
  for (char type : {'x', '\0', '\xff', '>', '\n'}) {
    const size_t lost = rig.store.Logged("connection lost");
    rig.proxy.Corrupt(Way::kToClient, 0, type);
    absl::StatusOr<RecordPtr> read = GetWithin(rig.store.table(), seconds(5), "a");
    ASSERT_EQ(read.status(), absl::OkStatus()) << static_cast<int>(type);
    EXPECT_EQ((*read)->value, "1");
    EXPECT_EQ(rig.store.Logged("connection lost"), lost + 1);
    rig.store.WaitFor(true);
  }
}

TEST_F(RedisWire, ALengthThatNothingHas) {
  ProxiedStore rig;
  ASSERT_EQ(PutWithin(rig.store.table(), seconds(5), Record("a", "1")).status(), absl::OkStatus());
  for (char digit : {'x', '-', '\r'}) {
    rig.proxy.Corrupt(Way::kToClient, 1, digit);
    absl::StatusOr<RecordPtr> read = GetWithin(rig.store.table(), seconds(5), "a");
    ASSERT_EQ(read.status(), absl::OkStatus()) << digit;
    EXPECT_EQ((*read)->value, "1");
    rig.store.WaitFor(true);
  }
}

TEST_F(RedisWire, TypesCorruptedUnderLoad) {
  ProxiedStore rig;
  LoadDriver load(rig.store.table(), rig.log, ModestLoad());
  for (int i = 0; i < ShortOrLong(10, 200); ++i) {
    std::this_thread::sleep_for(milliseconds(100));
    // What the server writes at once begins with a reply, and that with its type.
    rig.proxy.Corrupt(Way::kToClient, 0, '?');
  }
  load.Stop();
  EXPECT_THAT(rig.log.Check(rig.store.table()), IsEmpty()) << rig.log.Summary();
}

TEST_F(RedisWire, ALongWayCostsTimeAndNotThroughput) {
  ProxiedStore rig;
  const milliseconds one_way(ShortOrLong(5, 50));
  rig.proxy.Delay(Way::kToServer, one_way);
  rig.proxy.Delay(Way::kToClient, one_way);
  Load load;
  load.calls = 32;
  load.pause = std::chrono::microseconds(0);
  const Clock::time_point begin = Clock::now();
  LoadDriver driver(rig.store.table(), rig.log, load);
  std::this_thread::sleep_for(seconds(2));
  driver.Stop();
  const double took = std::chrono::duration<double>(Clock::now() - begin).count();
  const double round_trips = took / (2 * std::chrono::duration<double>(one_way).count());
  // A find is two round trips, and the machine has other things to do.
  EXPECT_GT(static_cast<double>(rig.log.count(Code::kOk)), 0.3 * 64 * round_trips) << rig.log.Summary();
  EXPECT_EQ(rig.log.count(Code::kDeadlineExceeded), 0u) << rig.log.Summary();
  rig.proxy.Heal();
  EXPECT_THAT(rig.log.Check(rig.store.table()), IsEmpty()) << rig.log.Summary();
}

// 1 Mbit/s: more is asked for than goes through, and what does not is refused or ends at its deadline.
TEST_F(RedisWire, ANarrowWay) {
  ProxiedStore rig({}, [](redis_store::Config& config) { config.max_calls = 16; });
  rig.proxy.Throttle(Way::kToServer, 125'000);
  rig.proxy.Throttle(Way::kToClient, 125'000);
  Load load = ModestLoad();
  load.value_bytes = 4000;
  LoadDriver driver(rig.store.table(), rig.log, load);
  std::this_thread::sleep_for(ShortOrLong(seconds(2), seconds(30)));
  rig.proxy.Heal();
  driver.Stop();
  EXPECT_GT(rig.log.count(Code::kResourceExhausted), 0u) << rig.log.Summary();
  EXPECT_GT(rig.log.acknowledged(), 20u) << rig.log.Summary();
  EXPECT_THAT(rig.log.Check(rig.store.table()), IsEmpty()) << rig.log.Summary();
}

}  // namespace
}  // namespace tomada::testing
