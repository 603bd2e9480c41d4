#include "tomada/wait.h"

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/sync.h"
#include "tomada/thread_executor.h"

namespace tomada::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

const absl::Status kGone = absl::CancelledError("gone");

// A handler on an executor of its own.
class WaitTest : public ::testing::Test {
 protected:
  using Result = absl::StatusOr<std::optional<int>>;

  // Starts `task` on the executor; Wait gives what it ended with.
  template <class T>
  class Running {
   public:
    explicit Running(Task<T> task) {
      Spawn(std::move(task), [this](T result) {
        std::lock_guard lock(mutex_);
        result_.emplace(std::move(result));
        changed_.notify_one();
      });
    }
    T Wait() {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return result_.has_value(); });
      return *std::move(result_);
    }
    bool ended() {
      std::lock_guard lock(mutex_);
      return result_.has_value();
    }

   private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::optional<T> result_;
  };

  Task<absl::Status> Sleeps(Call& call, std::chrono::nanoseconds duration) {
    Hop hop(executor_);
    co_await hop;
    absl::Status status = co_await Sleep(call, duration);
    EXPECT_TRUE(executor_.InThread());
    co_return status;
  }
  Task<absl::Status> Waits(Call& call, Event& event) {
    Hop hop(call.executor());
    co_await hop;
    ++begun_;
    absl::Status status = co_await event.Wait(call);
    EXPECT_TRUE(call.executor().InThread());
    co_return status;
  }
  Task<absl::Status> Sends(Call& call, Channel<int>& channel, int value) {
    Hop hop(call.executor());
    co_await hop;
    ++begun_;
    absl::Status status = co_await channel.Send(call, value);
    EXPECT_TRUE(call.executor().InThread());
    co_return status;
  }
  Task<Result> Receives(Call& call, Channel<int>& channel) {
    Hop hop(call.executor());
    co_await hop;
    ++begun_;
    Result result = co_await channel.Receive(call);
    EXPECT_TRUE(call.executor().InThread());
    co_return result;
  }
  // So many have come to what they wait for; and as their executor has gone on, they wait.
  void AwaitBegun(int count) {
    while (begun_ < count) std::this_thread::yield();
    Await(Turn());
  }
  Task<> Turn() {
    Hop hop(executor_);
    co_await hop;
  }

  ThreadExecutor executor_;
  TestCall call_{1min, executor_};
  std::atomic<int> begun_{0};
};

TEST_F(WaitTest, SleepTakesItsTime) {
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(Await(Sleeps(call_, 20ms)), absl::OkStatus());
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 20ms);
  EXPECT_EQ(Await(Sleeps(call_, 0ns)), absl::OkStatus());
  EXPECT_EQ(Await(Sleeps(call_, -1s)), absl::OkStatus());
}

TEST_F(WaitTest, SleepEndsWithItsCall) {
  Running<absl::Status> sleeping(Sleeps(call_, 1h));
  std::this_thread::sleep_for(5ms);
  call_.Cancel(kGone);
  EXPECT_EQ(sleeping.Wait(), kGone);
  EXPECT_EQ(Await(Sleeps(call_, 1h)), kGone) << "of a call that is cancelled already";
  EXPECT_EQ(Await(Sleeps(call_, 0ns)), kGone);
}

// The timer and the cancellation come at the same moment.
TEST_F(WaitTest, SleepEndsOnce) {
  for (int i = 0; i < 300; ++i) {
    TestCall call(1min, executor_);
    Running<absl::Status> sleeping(Sleeps(call, 200us));
    const auto time = std::chrono::steady_clock::now() + 200us;
    while (std::chrono::steady_clock::now() < time) continue;
    call.Cancel(kGone);
    const absl::Status end = sleeping.Wait();
    EXPECT_TRUE(end.ok() || end == kGone) << end;
  }
}

TEST_F(WaitTest, AnEventLetsEveryoneGo) {
  Event event;
  TestCall other(1min, executor_);
  Running<absl::Status> first(Waits(call_, event)), second(Waits(other, event));
  AwaitBegun(2);
  EXPECT_FALSE(first.ended());
  event.Set();
  EXPECT_EQ(first.Wait(), absl::OkStatus());
  EXPECT_EQ(second.Wait(), absl::OkStatus());
  EXPECT_TRUE(event.is_set());
  EXPECT_EQ(Await(Waits(call_, event)), absl::OkStatus());
  event.Reset();
  Running<absl::Status> third(Waits(call_, event));
  AwaitBegun(4);
  EXPECT_FALSE(third.ended());
  event.Set();
  event.Reset();  // it was set all the same
  EXPECT_EQ(third.Wait(), absl::OkStatus());
}

TEST_F(WaitTest, WaitingForAnEventEndsWithTheCall) {
  Event event;
  TestCall other(1min, executor_);
  Running<absl::Status> waiting(Waits(call_, event)), goes_on(Waits(other, event));
  AwaitBegun(2);
  call_.Cancel(kGone);
  EXPECT_EQ(waiting.Wait(), kGone);
  EXPECT_FALSE(goes_on.ended());
  event.Set();
  EXPECT_EQ(goes_on.Wait(), absl::OkStatus());
  event.Reset();
  EXPECT_EQ(Await(Waits(call_, event)), kGone);
}

TEST_F(WaitTest, AnEventEndsAWaitOnce) {
  for (int i = 0; i < 2000; ++i) {
    Event event;
    TestCall call(1min, executor_);
    Running<absl::Status> waiting(Waits(call, event));
    std::thread cancels([&] { call.Cancel(kGone); });
    event.Set();
    const absl::Status end = waiting.Wait();
    EXPECT_TRUE(end.ok() || end == kGone) << end;
    cancels.join();
  }
}

TEST_F(WaitTest, AChannelKeepsTheOrder) {
  Channel<int> channel(3);
  for (int i = 1; i <= 3; ++i) EXPECT_EQ(Await(Sends(call_, channel, i)), absl::OkStatus());
  EXPECT_FALSE(channel.TrySend(4)) << "full";
  for (int i = 1; i <= 3; ++i) EXPECT_EQ(Await(Receives(call_, channel)).value(), i);
}

TEST_F(WaitTest, SendingWaitsForRoom) {
  Channel<int> channel(1);
  EXPECT_TRUE(channel.TrySend(1));
  TestCall other(1min, executor_);
  Running<absl::Status> second(Sends(call_, channel, 2));
  AwaitBegun(1);
  Running<absl::Status> third(Sends(other, channel, 3));
  AwaitBegun(2);
  EXPECT_FALSE(second.ended());
  TestCall receiver(1min, executor_);
  EXPECT_EQ(Await(Receives(receiver, channel)).value(), 1);
  EXPECT_EQ(second.Wait(), absl::OkStatus());
  EXPECT_FALSE(third.ended());
  EXPECT_EQ(Await(Receives(receiver, channel)).value(), 2);
  EXPECT_EQ(third.Wait(), absl::OkStatus());
  EXPECT_EQ(Await(Receives(receiver, channel)).value(), 3);
}

TEST_F(WaitTest, ReceivingWaitsForAValue) {
  Channel<int> channel(1);
  TestCall other(1min, executor_);
  Running<Result> first(Receives(call_, channel));
  AwaitBegun(1);
  Running<Result> second(Receives(other, channel));
  AwaitBegun(2);
  EXPECT_TRUE(channel.TrySend(1));
  EXPECT_EQ(first.Wait().value(), 1);
  EXPECT_FALSE(second.ended());
  EXPECT_TRUE(channel.TrySend(2));
  EXPECT_EQ(second.Wait().value(), 2);
}

TEST_F(WaitTest, AClosedChannelIsEmptiedAndTakesNoMore) {
  Channel<int> channel(2);
  EXPECT_TRUE(channel.TrySend(1));
  EXPECT_TRUE(channel.TrySend(2));
  Running<absl::Status> sending(Sends(call_, channel, 3));
  AwaitBegun(1);
  channel.Close();
  EXPECT_EQ(sending.Wait().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_FALSE(channel.TrySend(4));
  EXPECT_EQ(Await(Sends(call_, channel, 5)).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Await(Receives(call_, channel)).value(), 1);
  EXPECT_EQ(Await(Receives(call_, channel)).value(), 2);
  EXPECT_EQ(Await(Receives(call_, channel)).value(), std::nullopt);
  channel.Close();
}

TEST_F(WaitTest, ClosingEndsReceivers) {
  Channel<int> channel(1);
  Running<Result> receiving(Receives(call_, channel));
  AwaitBegun(1);
  channel.Close();
  EXPECT_EQ(receiving.Wait().value(), std::nullopt);
}

TEST_F(WaitTest, AChannelsWaitsEndWithTheirCall) {
  Channel<int> full(1), empty(1);
  EXPECT_TRUE(full.TrySend(1));
  TestCall other(1min, executor_);
  Running<absl::Status> sending(Sends(call_, full, 2));
  Running<Result> receiving(Receives(other, empty));
  AwaitBegun(2);
  call_.Cancel(kGone);
  other.Cancel(kGone);
  EXPECT_EQ(sending.Wait(), kGone);
  EXPECT_EQ(receiving.Wait().status(), kGone);
  TestCall later(1min, executor_);
  EXPECT_EQ(Await(Receives(later, full)).value(), 1);
  EXPECT_TRUE(full.TrySend(3)) << "the one that was cancelled left nothing in it";
  EXPECT_TRUE(empty.TrySend(4)) << "and that one takes nothing out";
  EXPECT_EQ(Await(Receives(later, empty)).value(), 4);
  EXPECT_EQ(Await(Receives(other, full)).status(), kGone);
  EXPECT_EQ(Await(Receives(later, full)).value(), 3);
}

// A value that a cancelled receiver was given at the same moment is either received or still in the channel.
TEST_F(WaitTest, NoValueIsLostToACancellation) {
  TestCall later(1min, executor_);
  for (int i = 0; i < 2000; ++i) {
    Channel<int> channel(1);
    TestCall call(1min, executor_);
    Running<Result> receiving(Receives(call, channel));
    std::thread cancels([&] { call.Cancel(kGone); });
    EXPECT_TRUE(channel.TrySend(7));
    const Result end = receiving.Wait();
    cancels.join();
    if (end.ok()) {
      EXPECT_EQ(*end, 7);
    } else {
      EXPECT_EQ(Await(Receives(later, channel)).value(), 7);
    }
  }
}

// One sends what the other waits for, a million times in each direction.
constexpr int kPings = 1'000'000;

Task<absl::Status> Ping(Call& call, Channel<int>& out, Channel<int>& in) {
  Hop hop(call.executor());
  co_await hop;
  for (int i = 0; i < kPings; ++i) {
    absl::Status sent = co_await out.Send(call, i);
    if (!sent.ok()) co_return sent;
    absl::StatusOr<std::optional<int>> back = co_await in.Receive(call);
    if (!back.ok()) co_return back.status();
    if (*back != i) co_return absl::InternalError("another value");
  }
  out.Close();
  co_return absl::OkStatus();
}

Task<absl::Status> Pong(Call& call, Channel<int>& in, Channel<int>& out) {
  Hop hop(call.executor());
  co_await hop;
  for (;;) {
    absl::StatusOr<std::optional<int>> value = co_await in.Receive(call);
    if (!value.ok()) co_return value.status();
    if (!*value) co_return absl::OkStatus();
    absl::Status sent = co_await out.Send(call, **value);
    if (!sent.ok()) co_return sent;
  }
}

TEST_F(WaitTest, TwoMillionPings) {
  Channel<int> there(1), back(1);
  TestCall other(1h, executor_);
  const auto begin = std::chrono::steady_clock::now();
  Running<absl::Status> ping(Ping(call_, there, back)), pong(Pong(other, there, back));
  EXPECT_EQ(ping.Wait(), absl::OkStatus());
  EXPECT_EQ(pong.Wait(), absl::OkStatus());
  RecordProperty("nanoseconds_a_hop",
                 static_cast<int>((std::chrono::steady_clock::now() - begin) / 1ns / (2 * kPings)));
}

Task<absl::Status> SendSome(Call& call, Channel<int>& channel, int first, int count) {
  Hop hop(call.executor());
  co_await hop;
  for (int i = first; i < first + count; ++i) {
    absl::Status sent = co_await channel.Send(call, i);
    if (!sent.ok()) co_return sent;
  }
  co_return absl::OkStatus();
}

TEST_F(WaitTest, ManySendersOnSeveralThreads) {
  constexpr int kEach = 5000;
  Channel<int> channel(4);
  ThreadExecutor second;
  TestCall a(1min, executor_), b(1min, second), c(1min, second), receiver(1min, executor_);
  Running<absl::Status> one(SendSome(a, channel, 0, kEach)), two(SendSome(b, channel, kEach, kEach)),
      three(SendSome(c, channel, 2 * kEach, kEach));
  std::vector<bool> seen(3 * kEach);
  std::vector<int> last = {-1, kEach - 1, 2 * kEach - 1};
  for (int i = 0; i < 3 * kEach; ++i) {
    const int value = Await(Receives(receiver, channel)).value().value();
    EXPECT_FALSE(seen[value]);
    seen[value] = true;
    EXPECT_EQ(value, ++last[value / kEach]) << "each sender's in its order";
  }
  EXPECT_EQ(one.Wait(), absl::OkStatus());
  EXPECT_EQ(two.Wait(), absl::OkStatus());
  EXPECT_EQ(three.Wait(), absl::OkStatus());
}

// Inside the one who sends nothing goes on.
TEST_F(WaitTest, TheReceiverGoesOnAfterTheSender) {
  std::vector<std::string> order;
  Channel<int> channel(1);
  TestCall other(1min, executor_);
  const auto receive = [&]() -> Task<absl::Status> {
    absl::StatusOr<std::optional<int>> value = co_await channel.Receive(other);
    order.push_back("received");
    co_return value.status();
  };
  const auto send = [&]() -> Task<absl::Status> {
    Hop hop(executor_);
    co_await hop;
    Running<absl::Status>* receiving = new Running<absl::Status>(receive());
    absl::Status sent = co_await channel.Send(call_, 1);
    order.push_back("sent");
    absl::Status slept = co_await Sleep(call_, 1ms);
    EXPECT_EQ(receiving->Wait(), absl::OkStatus());
    delete receiving;
    co_return slept;
  };
  EXPECT_EQ(Await(send()), absl::OkStatus());
  EXPECT_THAT(order, ElementsAre("sent", "received"));
}

}  // namespace
}  // namespace tomada::testing
