#include "tomada/thread_executor.h"

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "support/pause.h"
#include "support/sync.h"

namespace tomada::testing {
namespace {

using namespace std::chrono_literals;

Task<std::thread::id> ThreadOf(Executor& executor) {
  Hop hop(executor);
  co_await hop;
  EXPECT_TRUE(executor.InThread());
  co_return std::this_thread::get_id();
}

TEST(ThreadExecutor, IsOneThread) {
  ThreadExecutor executor, other;
  EXPECT_FALSE(executor.InThread());
  const std::thread::id thread = Await(ThreadOf(executor));
  EXPECT_NE(thread, std::this_thread::get_id());
  EXPECT_EQ(Await(ThreadOf(executor)), thread);
  EXPECT_NE(Await(ThreadOf(other)), thread);
}

// co_await it: goes on behind what is posted already, also on the executor's own thread.
class Yield {
 public:
  explicit Yield(Executor& executor) : executor_(executor) {}
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> coroutine) const { executor_.Post(coroutine); }
  void await_resume() const {}

 private:
  Executor& executor_;
};

Task<> Spin(Executor& executor, const std::atomic<bool>& stopped) {
  Hop hop(executor);
  co_await hop;
  while (!stopped) {
    Yield yield(executor);
    co_await yield;
  }
}

Task<> Tick(Executor& executor, int times) {
  Hop hop(executor);
  co_await hop;
  for (int i = 0; i < times; ++i) {
    Pause pause(executor, 1ms);
    co_await pause;
  }
}

// Two that never stop posting themselves hold up neither timers nor what others post.
TEST(ThreadExecutor, StarvesNobody) {
  std::atomic<bool> stopped = false;
  std::atomic<int> spinning = 2;
  ThreadExecutor executor;
  for (int i = 0; i < 2; ++i) Spawn(Spin(executor, stopped), [&] { --spinning; });
  Await(Tick(executor, 20));
  for (int i = 0; i < 100; ++i) Await(ThreadOf(executor));
  EXPECT_EQ(spinning, 2);
  stopped = true;
  while (spinning > 0) std::this_thread::yield();
}

Task<> Append(Executor& executor, std::vector<int>& order, int number) {
  Hop hop(executor);
  co_await hop;
  order.push_back(number);
}

TEST(ThreadExecutor, ResumesInTheOrderOfPosting) {
  ThreadExecutor executor;
  std::vector<int> order;
  std::atomic<int> done = 0;
  for (int i = 0; i < 1000; ++i) Spawn(Append(executor, order, i), [&] { ++done; });
  while (done < 1000) std::this_thread::yield();
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(order[i], i);
}

}  // namespace
}  // namespace tomada::testing
