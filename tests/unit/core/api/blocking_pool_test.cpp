#include "tomada/blocking_pool.h"

#include <atomic>
#include <latch>
#include <stdexcept>
#include <thread>

#include <gtest/gtest.h>

#include "support/sync.h"

namespace tomada {
namespace {

using testing::Await;
using testing::TestCall;

// Records when a Run finishes, and with what.
class Outcome {
 public:
  void Start(BlockingPool& pool, Call& call, std::function<void()> work) {
    Spawn(pool.Run(call, std::move(work)), [this](absl::Status status) {
      status_ = std::move(status);
      ++finished_;
      finished_.notify_all();
    });
  }
  bool finished() const { return finished_ != 0; }
  int times() const { return finished_; }
  absl::Status Wait() {
    finished_.wait(0);
    return status_;
  }

 private:
  std::atomic<int> finished_{0};
  absl::Status status_;
};

// Work that holds a thread of the pool until it is let go.
class Blocker {
 public:
  std::function<void()> work() {
    return [this] {
      begun_.count_down();
      released_.wait();
    };
  }
  void WaitUntilBegun() { begun_.wait(); }
  void Release() { released_.count_down(); }

 private:
  std::latch begun_{1}, released_{1};
};

TEST(BlockingPool, RunsWorkOnAThreadOfItsOwn) {
  BlockingPool pool(2, 4);
  TestCall call;
  std::thread::id ran_on;
  EXPECT_EQ(Await(pool.Run(call, [&] { ran_on = std::this_thread::get_id(); })), absl::OkStatus());
  EXPECT_NE(ran_on, std::thread::id());
  EXPECT_NE(ran_on, std::this_thread::get_id());
}

TEST(BlockingPool, ResumesOnTheCallsExecutor) {
  struct Counting : Executor {
    void Post(std::coroutine_handle<> coroutine) override {
      ++posts;
      coroutine.resume();
    }
    bool InThread() const override { return true; }
    std::atomic<int> posts{0};
  } executor;
  BlockingPool pool(1, 1);
  TestCall call(std::chrono::minutes(1), executor);
  EXPECT_EQ(Await(pool.Run(call, [] {})), absl::OkStatus());
  EXPECT_EQ(executor.posts, 1);
}

TEST(BlockingPool, AFullQueueRefusesAtOnce) {
  BlockingPool pool(1, 1);
  TestCall call;
  Blocker blocker;
  Outcome running, waiting, refused;
  running.Start(pool, call, blocker.work());
  blocker.WaitUntilBegun();
  waiting.Start(pool, call, [] {});
  bool ran = false;
  refused.Start(pool, call, [&] { ran = true; });
  ASSERT_TRUE(refused.finished());
  EXPECT_EQ(refused.Wait().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_FALSE(waiting.finished());
  blocker.Release();
  EXPECT_EQ(running.Wait(), absl::OkStatus());
  EXPECT_EQ(waiting.Wait(), absl::OkStatus());
  pool.Stop();
  EXPECT_FALSE(ran);
}

TEST(BlockingPool, ACancelledCallStopsWaitingAndItsWorkNeverRuns) {
  BlockingPool pool(1, 4);
  TestCall call, cancelled;
  Blocker blocker;
  Outcome running, waiting, next;
  running.Start(pool, call, blocker.work());
  blocker.WaitUntilBegun();
  bool ran = false;
  waiting.Start(pool, cancelled, [&] { ran = true; });
  next.Start(pool, call, [] {});
  cancelled.Cancel(absl::CancelledError("gone"));
  ASSERT_TRUE(waiting.finished());
  EXPECT_EQ(waiting.Wait(), absl::CancelledError("gone"));
  EXPECT_FALSE(running.finished());
  blocker.Release();
  EXPECT_EQ(running.Wait(), absl::OkStatus());
  EXPECT_EQ(next.Wait(), absl::OkStatus());
  pool.Stop();
  EXPECT_FALSE(ran);
  EXPECT_EQ(waiting.times(), 1);
}

TEST(BlockingPool, ACallCancelledBeforehandNeverRuns) {
  BlockingPool pool(1, 1);
  TestCall call;
  call.Cancel(absl::DeadlineExceededError("late"));
  bool ran = false;
  EXPECT_EQ(Await(pool.Run(call, [&] { ran = true; })), absl::DeadlineExceededError("late"));
  EXPECT_FALSE(ran);
}

TEST(BlockingPool, WorkThatHasBegunIsNotInterrupted) {
  BlockingPool pool(1, 1);
  TestCall call;
  Blocker blocker;
  Outcome running;
  running.Start(pool, call, blocker.work());
  blocker.WaitUntilBegun();
  call.Cancel(absl::CancelledError("gone"));
  EXPECT_FALSE(running.finished());
  blocker.Release();
  EXPECT_EQ(running.Wait(), absl::OkStatus());
}

TEST(BlockingPool, WhatWorkThrowsIsNotPassedOn) {
  BlockingPool pool(1, 1);
  TestCall call;
  absl::Status status = Await(pool.Run(call, [] { throw std::runtime_error("senha=segredo"); }));
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_EQ(status.message().find("segredo"), absl::string_view::npos);
  EXPECT_EQ(Await(pool.Run(call, [] { throw 42; })).code(), absl::StatusCode::kInternal);
  EXPECT_EQ(Await(pool.Run(call, [] {})), absl::OkStatus());
}

TEST(BlockingPool, StopFinishesWhatRunsAndAnswersWhatWaits) {
  BlockingPool pool(1, 4);
  TestCall call;
  Blocker blocker;
  Outcome running, waiting;
  running.Start(pool, call, blocker.work());
  blocker.WaitUntilBegun();
  bool ran = false;
  waiting.Start(pool, call, [&] { ran = true; });
  std::jthread stopping([&] { pool.Stop(); });
  blocker.Release();
  EXPECT_EQ(running.Wait(), absl::OkStatus());
  absl::Status answer = waiting.Wait();
  stopping.join();
  // Whichever of Stop and Release came first, it was answered; and it ran only if it says so.
  EXPECT_TRUE(ran ? answer.ok() : answer.code() == absl::StatusCode::kUnavailable) << answer;
  pool.Stop();
  EXPECT_EQ(Await(pool.Run(call, [] {})).code(), absl::StatusCode::kUnavailable);
}

TEST(BlockingPool, StopAnswersWhatWaitsWhileWorkRunsOn) {
  BlockingPool pool(1, 4);
  TestCall call;
  Blocker blocker;
  Outcome running, waiting;
  running.Start(pool, call, blocker.work());
  blocker.WaitUntilBegun();
  bool ran = false;
  waiting.Start(pool, call, [&] { ran = true; });
  std::jthread stopping([&] { pool.Stop(); });
  EXPECT_EQ(waiting.Wait().code(), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(running.finished());
  blocker.Release();
  EXPECT_EQ(running.Wait(), absl::OkStatus());
  stopping.join();
  EXPECT_FALSE(ran);
}

// Many calls, cancelled at any moment, on a pool that is stopped at last: each is answered once, and what says that it
// was cancelled or refused has not run.
TEST(BlockingPool, EveryRunIsAnsweredOnce) {
  constexpr int kCalls = 2000;
  struct Attempt {
    TestCall call;
    Outcome outcome;
    std::atomic<bool> ran{false};
  };
  std::vector<Attempt> attempts(kCalls);
  {
    BlockingPool pool(3, 16);
    std::jthread canceller([&] {
      for (Attempt& attempt : attempts) attempt.call.Cancel(absl::CancelledError("gone"));
    });
    for (Attempt& attempt : attempts) {
      attempt.outcome.Start(pool, attempt.call, [&] { attempt.ran = true; });
    }
  }
  for (Attempt& attempt : attempts) {
    ASSERT_EQ(attempt.outcome.times(), 1);
    EXPECT_EQ(attempt.outcome.Wait().ok(), attempt.ran);
  }
}

}  // namespace
}  // namespace tomada
