#include "tomada/timer.h"

#include <functional>
#include <memory>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tomada::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

class TestTimer final : public Timer {
 public:
  TestTimer(TimerQueue& timers, std::function<void()> call) : Timer(timers), call_(std::move(call)) {}
  using Timer::SetDeadline;

 private:
  void Expired() override { call_(); }
  std::function<void()> call_;
};

const Deadline kStart = std::chrono::steady_clock::now() + 1h;

TEST(TimerQueue, FireInOrderAndOnce) {
  TimerQueue timers;
  std::vector<int> fired;
  TestTimer a(timers, [&] { fired.push_back(1); });
  TestTimer b(timers, [&] { fired.push_back(2); });
  TestTimer c(timers, [&] { fired.push_back(3); });
  c.SetDeadline(kStart + 3s);
  a.SetDeadline(kStart + 1s);
  b.SetDeadline(kStart + 2s);
  timers.Fire(kStart);
  EXPECT_THAT(fired, ElementsAre());
  timers.Fire(kStart + 2s);
  EXPECT_THAT(fired, ElementsAre(1, 2));
  timers.Fire(kStart + 10s);
  timers.Fire(kStart + 20s);
  EXPECT_THAT(fired, ElementsAre(1, 2, 3));
}

TEST(TimerQueue, ADeadlineMovesBothWays) {
  TimerQueue timers;
  int fired = 0;
  TestTimer timer(timers, [&] { ++fired; });
  timer.SetDeadline(kStart + 1s);
  timer.SetDeadline(kStart + 5s);
  timers.Fire(kStart + 2s);
  EXPECT_EQ(fired, 0);
  timer.SetDeadline(kStart + 3s);
  timers.Fire(kStart + 3s);
  EXPECT_EQ(fired, 1);
  timer.SetDeadline(kStart + 6s);
  timer.SetDeadline(Deadline::max());
  timers.Fire(kStart + 10s);
  EXPECT_EQ(fired, 1);
}

TEST(TimerQueue, MayDestroyItselfAndOthers) {
  TimerQueue timers;
  std::unique_ptr<TestTimer> first, second;
  first = std::make_unique<TestTimer>(timers, [&] {
    second.reset();
    first.reset();
  });
  second = std::make_unique<TestTimer>(timers, [] { FAIL(); });
  first->SetDeadline(kStart);
  second->SetDeadline(kStart);
  timers.Fire(kStart);
  EXPECT_EQ(first, nullptr);
}

}  // namespace
}  // namespace tomada::testing
