#include "tomada/task.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace tomada {
namespace {

Task<int> Inline(int value) { co_return value; }

Task<long> SumOfInlineAwaits(int count) {
  long sum = 0;
  for (int i = 0; i < count; ++i) sum += co_await Inline(1);
  co_return sum;
}

// Without stack use: this overflows where the parent is resumed by a call from the child.
TEST(Task, AMillionInlineAwaits) {
  long sum = 0;
  Spawn(SumOfInlineAwaits(1'000'000), [&](long result) { sum = result; });
  EXPECT_EQ(sum, 1'000'000);
}

Task<int> Nested(int depth) {
  if (depth == 0) co_return 0;
  co_return 1 + co_await Nested(depth - 1);
}

TEST(Task, NestedAwaits) {
  int depth = -1;
  Spawn(Nested(500), [&](int result) { depth = result; });
  EXPECT_EQ(depth, 500);
}

// Suspends, and is resumed by another thread at once: races the parent's suspension against the child's end.
struct OnNewThread {
  explicit OnNewThread(std::vector<std::thread>& threads) : threads(threads) {}
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> self) {
    threads.emplace_back([self] { self.resume(); });
  }
  void await_resume() const {}
  std::vector<std::thread>& threads;
};

Task<int> HopOver(std::vector<std::thread>& threads, int value) {
  OnNewThread hop(threads);
  co_await hop;
  co_return value;
}

Task<int> HopTimes(std::vector<std::thread>& threads, int count) {
  int sum = 0;
  for (int i = 0; i < count; ++i) sum += co_await HopOver(threads, 1);
  co_return sum;
}

TEST(Task, ResumesOnOtherThreads) {
  constexpr int kHops = 2000;
  std::vector<std::thread> threads;
  threads.reserve(kHops);
  std::atomic<int> sum = 0;
  Spawn(HopTimes(threads, kHops), [&](int result) {
    sum = result;
    sum.notify_one();
  });
  sum.wait(0);
  EXPECT_EQ(sum, kHops);
  for (std::thread& thread : threads) thread.join();
}

Task<int> Throws() {
  throw std::runtime_error("boom");
  co_return 0;
}

Task<std::string> CatchesFromChild() {
  try {
    co_await Throws();
  } catch (const std::runtime_error& error) {
    co_return error.what();
  }
  co_return "nothing thrown";
}

TEST(Task, AnExceptionIsThrownFromTheAwait) {
  std::string caught;
  Spawn(CatchesFromChild(), [&](std::string result) { caught = result; });
  EXPECT_EQ(caught, "boom");
}

TEST(Task, NotAwaitedNeverStarts) {
  bool started = false;
  auto body = [&]() -> Task<void> {
    started = true;
    co_return;
  };
  { Task<void> task = body(); }
  EXPECT_FALSE(started);
}

// Arguments passed by value live as long as the task, and are destroyed once: the pattern gcc 12 breaks for aggregates.
struct Counted {
  explicit Counted(std::shared_ptr<int> count) : count(std::move(count)) {}
  std::shared_ptr<int> count;
};

Task<long> UseCount(Counted value) { co_return value.count.use_count(); }

Task<long> PassesTemporary(std::shared_ptr<int> count) { co_return co_await UseCount(Counted(count)); }

TEST(Task, TemporariesInAnAwaitedCallAreDestroyedOnce) {
  auto count = std::make_shared<int>(0);
  long seen = 0;
  Spawn(PassesTemporary(count), [&](long result) { seen = result; });
  EXPECT_GE(seen, 2);
  EXPECT_EQ(count.use_count(), 1);
}

// Waits until the test resumes it.
struct Parked {
  explicit Parked(std::coroutine_handle<>& place) : place(place) {}
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> self) { place = self; }
  void await_resume() const {}
  std::coroutine_handle<>& place;
};

Task<std::string> Park(std::coroutine_handle<>& place, std::vector<std::string>& steps, std::string name) {
  steps.push_back(name + " begins");
  Parked parked(place);
  co_await parked;
  if (name == "throws") throw std::runtime_error("boom");
  steps.push_back(name + " ends");
  co_return name;
}

TEST(Both, RunsTwoAtOnceAndFinishesWithTheLater) {
  for (const bool first_ends_first : {true, false}) {
    std::coroutine_handle<> a, b;
    std::vector<std::string> steps;
    std::string result;
    Spawn(Both(Park(a, steps, "a"), Park(b, steps, "b")),
          [&](std::pair<std::string, std::string> ends) { result = ends.first + ends.second; });
    EXPECT_EQ(steps, (std::vector<std::string>{"a begins", "b begins"}));
    (first_ends_first ? a : b).resume();
    EXPECT_EQ(result, "");
    (first_ends_first ? b : a).resume();
    EXPECT_EQ(result, "ab");
  }
}

TEST(Both, ThatFinishInlineSuspendNobody) {
  int sum = 0;
  Spawn(Both(Inline(1), Inline(2)), [&](std::pair<int, int> ends) { sum = ends.first + ends.second; });
  EXPECT_EQ(sum, 3);
}

Task<std::string> Caught(std::coroutine_handle<>& a, std::coroutine_handle<>& b, std::vector<std::string>& steps,
                         std::string first, std::string second) {
  try {
    co_await Both(Park(a, steps, first), Park(b, steps, second));
  } catch (const std::runtime_error& error) {
    co_return error.what();
  }
  co_return "nothing thrown";
}

TEST(Both, AnExceptionWaitsForTheOther) {
  for (const bool first_throws : {true, false}) {
    std::coroutine_handle<> a, b;
    std::vector<std::string> steps;
    std::string caught;
    Spawn(Caught(a, b, steps, first_throws ? "throws" : "a", first_throws ? "b" : "throws"),
          [&](std::string result) { caught = result; });
    (first_throws ? a : b).resume();
    EXPECT_EQ(caught, "");
    (first_throws ? b : a).resume();
    EXPECT_EQ(caught, "boom");
  }
}

TEST(Both, OnTwoThreads) {
  constexpr int kTimes = 500;
  for (int i = 0; i < kTimes; ++i) {
    std::vector<std::thread> first, second;
    first.reserve(1), second.reserve(1);
    std::atomic<int> sum = 0;
    Spawn(Both(HopOver(first, 1), HopOver(second, 2)), [&](std::pair<int, int> ends) {
      sum = ends.first + ends.second;
      sum.notify_one();
    });
    sum.wait(0);
    EXPECT_EQ(sum, 3);
    first[0].join(), second[0].join();
  }
}

}  // namespace
}  // namespace tomada
