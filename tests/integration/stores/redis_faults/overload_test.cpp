// More calls than the server answers, and an end in the middle of it.
#include <condition_variable>

#include "fault_test.h"

namespace tomada::testing {
namespace {

using RedisOverload = FaultTest;

// Calls that come whether or not those before have been answered.
class OpenLoop {
 public:
  explicit OpenLoop(Table& table) : table_(table) {}
  ~OpenLoop() { WaitForAll(); }

  // For `duration`, `rate` calls a second, each with `timeout`.
  void Run(milliseconds duration, int rate, milliseconds timeout) {
    const Clock::time_point begin = Clock::now();
    for (int made = 0; Clock::now() < begin + duration;) {
      const auto due = rate * std::chrono::duration<double>(Clock::now() - begin).count();
      for (; made < due; ++made) Begin(timeout);
      std::this_thread::sleep_for(milliseconds(1));
    }
  }
  void WaitForAll() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return open_ == 0; });
  }

  size_t count(Code code) const {
    std::lock_guard lock(mutex_);
    auto found = counts_.find(code);
    return found == counts_.end() ? 0 : found->second;
  }
  milliseconds slowest_refusal() const { return std::chrono::duration_cast<milliseconds>(slowest_refusal_); }
  size_t late() const { return late_; }

 private:
  void Begin(milliseconds timeout) {
    {
      std::lock_guard lock(mutex_);
      ++open_;
    }
    Spawn(One(timeout), [] {});
  }
  Task<> One(milliseconds timeout) {
    const Clock::time_point begin = Clock::now();
    TestCall call(timeout);
    absl::StatusOr<RecordPtr> read = co_await table_.Get(call, "a");
    std::lock_guard lock(mutex_);
    ++counts_[read.status().code()];
    const Clock::time_point now = Clock::now();
    const Clock::time_point latest = call.deadline() + WriteLog::DefaultSlack();
    if (now > latest && now > latest + WriteLog::NoiseUntil(now)) ++late_;
    if (read.status().code() == Code::kResourceExhausted) {
      slowest_refusal_ = std::max(slowest_refusal_, Clock::now() - begin);
    }
    --open_;
    changed_.notify_one();
  }

  Table& table_;
  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  size_t open_ = 0, late_ = 0;
  std::map<Code, size_t> counts_;
  Clock::duration slowest_refusal_{0};
};

TEST_F(RedisOverload, AStoppedServerFillsAQueueAndNoMore) {
  ProxiedStore rig({}, [](redis_store::Config& config) { config.max_calls = 2000; });
  ASSERT_EQ(PutWithin(rig.store.table(), seconds(2), Record("a", "1")).status(), absl::OkStatus());
  OpenLoop calls(rig.store.table());
  calls.Run(milliseconds(500), 10'000, milliseconds(1000));  // warm
  calls.WaitForAll();
  EXPECT_EQ(calls.count(Code::kResourceExhausted), 0u);
  const ProcessUsage before = ProcessUsage::Now();
  rig.server.Pause();
  calls.Run(ShortOrLong(seconds(3), seconds(30)), 10'000, milliseconds(1000));
  if (kMemoryIsTrue) EXPECT_LT(ProcessUsage::Now().resident_bytes, before.resident_bytes + (32u << 20));
  rig.server.Continue();
  const Clock::time_point back = Clock::now();
  while (!GetWithin(rig.store.table(), milliseconds(100), "a").ok()) std::this_thread::sleep_for(milliseconds(5));
  EXPECT_LE(Clock::now() - back, kRecovered + Slack());
  calls.WaitForAll();
  EXPECT_GT(calls.count(Code::kResourceExhausted), 10'000u);
  EXPECT_LE(calls.slowest_refusal(), milliseconds(5) + Slack());
  EXPECT_EQ(calls.late(), 0u);
}

// Ten times what the server can do: it goes on doing what it can.
TEST_F(RedisOverload, MoreCallsThanTheServerAnswers) {
  ProxiedStore rig({}, [](redis_store::Config& config) { config.max_calls = 200; });
  ASSERT_EQ(PutWithin(rig.store.table(), seconds(2), Record("a", "1")).status(), absl::OkStatus());
  constexpr double kRate = 10'000;  // bytes a second, of replies of some thirty
  rig.proxy.Throttle(Way::kToClient, static_cast<size_t>(kRate));
  OpenLoop calls(rig.store.table());
  const auto duration = ShortOrLong(seconds(3), seconds(30));
  const uint64_t before = rig.proxy.bytes(Way::kToClient);
  calls.Run(duration, 5'000, milliseconds(2000));
  EXPECT_GE(static_cast<double>(rig.proxy.bytes(Way::kToClient) - before),
            0.9 * kRate * static_cast<double>(duration.count()));
  EXPECT_EQ(calls.count(Code::kDeadlineExceeded), 0u);  // what is taken on is answered
  rig.proxy.Heal();
  calls.WaitForAll();
  EXPECT_GT(calls.count(Code::kOk), 100u);
  EXPECT_GT(calls.count(Code::kResourceExhausted), 1000u);
  EXPECT_LE(calls.slowest_refusal(), milliseconds(5) + Slack());
  EXPECT_EQ(calls.late(), 0u);
  EXPECT_EQ(rig.store.Logged("connection lost"), 0u);
}

TEST_F(RedisOverload, StopsInTimeWithTheServerStopped) {
  ProxiedStore rig;
  Load load = ModestLoad();
  load.timeout = seconds(20);
  load.retry_for = milliseconds(0);
  LoadDriver driver(rig.store.table(), rig.log, load);
  std::this_thread::sleep_for(milliseconds(200));
  rig.server.Pause();
  std::this_thread::sleep_for(ShortOrLong(milliseconds(1800), milliseconds(5000)));
  const Clock::time_point begin = Clock::now();
  rig.store.Stop(milliseconds(300));
  EXPECT_LE(Clock::now() - begin, milliseconds(300) + Slack());
  driver.Stop();
  EXPECT_LE(Clock::now() - begin, milliseconds(600) + Slack());  // no call is left waiting for its deadline
  EXPECT_EQ(PutWithin(rig.store.table(), seconds(1), Record("a", "1")).status().code(), Code::kUnavailable);
  rig.server.Continue();
  FaultedStore next(ConfigFor(rig.server.address()));
  next.WaitFor(true);
  EXPECT_THAT(rig.log.Check(next.table()), IsEmpty()) << rig.log.Summary();
}

TEST_F(RedisOverload, FinishesWhatIsInFlightWhenItStops) {
  ProxiedStore rig;
  rig.proxy.Delay(Way::kToClient, milliseconds(100));
  OpenLoop calls(rig.store.table());
  calls.Run(milliseconds(50), 2'000, seconds(10));
  rig.store.Stop(seconds(5));
  calls.WaitForAll();
  EXPECT_GT(calls.count(Code::kOk), 50u);
  EXPECT_EQ(calls.count(Code::kUnavailable), 0u);
}

}  // namespace
}  // namespace tomada::testing
