#include "tomada/testing/await.h"

#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tomada/testing/test_call.h"

namespace tomada::testing {
namespace {

// Goes on where `post` puts it.
class Posted {
 public:
  using Post = std::function<void(std::coroutine_handle<>)>;
  explicit Posted(Post post) : post_(std::move(post)) {}
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> self) const { post_(self); }
  void await_resume() const {}

 private:
  const Post post_;
};

// The threads it has run on: at first, and after it was posted.
Task<std::vector<std::thread::id>> Threads(const Posted& posted) {
  std::vector<std::thread::id> threads = {std::this_thread::get_id()};
  co_await posted;
  threads.push_back(std::this_thread::get_id());
  co_return threads;
}

TEST(Await, WaitsForATaskThatFinishesOnAnotherThread) {
  std::jthread other;
  const Posted posted([&](std::coroutine_handle<> self) { other = std::jthread([self] { self.resume(); }); });
  const std::vector<std::thread::id> threads = Await(Threads(posted));
  EXPECT_EQ(threads[0], std::this_thread::get_id());
  EXPECT_NE(threads[1], std::this_thread::get_id());
}

TEST(Await, TakesTasksWithoutAResultAndResultsThatOnlyMove) {
  bool ran = false;
  auto nothing = [&]() -> Task<void> {
    ran = true;
    co_return;
  };
  Await(nothing());
  EXPECT_TRUE(ran);
  auto unique = []() -> Task<std::unique_ptr<int>> { co_return std::make_unique<int>(7); };
  EXPECT_EQ(*Await(unique()), 7);
}

TEST(TestExecutor, ResumesOnTheThreadThatRunsIt) {
  TestExecutor executor;
  TestCall call(executor);
  EXPECT_EQ(&call.executor(), &executor);
  std::jthread other;
  const Posted posted(
      [&](std::coroutine_handle<> self) { other = std::jthread([&call, self] { call.executor().Post(self); }); });
  const std::vector<std::thread::id> threads = executor.Run(Threads(posted));
  EXPECT_EQ(threads[1], std::this_thread::get_id());
}

TEST(TestExecutor, ResumesWhatIsPostedBesideTheTask) {
  TestExecutor executor;
  const Posted posted([&](std::coroutine_handle<> self) { executor.Post(self); });
  bool other_ran = false;
  Spawn(Threads(posted), [&](const std::vector<std::thread::id>&) { other_ran = true; });
  executor.Run(Threads(posted));
  EXPECT_TRUE(other_ran) << "it was posted before";
}

TEST(TestExecutorDeathTest, ATaskThatHangsEndsTheProcessWithAMessage) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  const Posted never([](std::coroutine_handle<>) {});
  EXPECT_DEATH(TestExecutor(std::chrono::milliseconds(50)).Run(Threads(never)),
               "the task hangs: for 50 ms nothing has resumed it");
}

TEST(TestCall, HasTheMetadataThatTheClientSent) {
  TestCall call(std::chrono::hours(1));
  call.sent.Add("via", "a");
  EXPECT_EQ(call.metadata().Find("via"), "a");
  EXPECT_GT(call.time_left(), std::chrono::minutes(59));
}

}  // namespace
}  // namespace tomada::testing
