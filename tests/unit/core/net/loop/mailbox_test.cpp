#include "net/loop/mailbox.h"

#include <sys/epoll.h>

#include <numeric>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tomada/task.h"

namespace tomada::net {
namespace {

using ::testing::ElementsAre;

class Yield {
 public:
  explicit Yield(Executor& executor) : executor_(executor) {}
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> coroutine) const { executor_.Post(coroutine); }
  void await_resume() const {}

 private:
  Executor& executor_;
};

// Sees the mailbox as the loop does.
class MailboxTest : public ::testing::Test {
 protected:
  MailboxTest() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLET;
    epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, mailbox_.fd(), &event);
  }

  bool IsDue() {
    epoll_event event{};
    return epoll_wait(epoll_.get(), &event, 1, 0) == 1;
  }
  // What a loop does until the mailbox lets it wait. How many rounds it took.
  int RunUntilQuiet() {
    int rounds = 0;
    for (; IsDue(); ++rounds) mailbox_.RunBatch();
    return rounds;
  }
  // Coroutines with these numbers, each of which takes `time`.
  void PostMany(int first, int count, std::chrono::milliseconds time) {
    for (int i = first; i < first + count; ++i) Spawn(Work(i, time), [] {});
  }
  Task<void> Work(int number, std::chrono::milliseconds time) {
    Yield yield(mailbox_);
    co_await yield;
    std::this_thread::sleep_for(time);
    ran_.push_back(number);
  }
  Task<void> ComeBack(const bool& enough) {
    while (!enough) {
      ran_.push_back(0);
      Yield yield(mailbox_);
      co_await yield;
    }
  }

  TimerQueue timers_;
  Mailbox mailbox_{timers_};
  std::vector<int> ran_;

 private:
  UniqueFd epoll_;
};

TEST_F(MailboxTest, ManyAtOnceLeaveTimeForOthers) {
  PostMany(0, 20, std::chrono::milliseconds(2));
  ASSERT_TRUE(IsDue());
  mailbox_.RunBatch();
  EXPECT_LE(ran_.size(), 3u);
  PostMany(20, 5, std::chrono::milliseconds(0));
  EXPECT_GE(RunUntilQuiet(), 17 / 3);
  std::vector<int> order(25);
  std::iota(order.begin(), order.end(), 0);
  EXPECT_EQ(ran_, order) << "in the order of posting, and each once";
  PostMany(25, 1, std::chrono::milliseconds(0));
  EXPECT_EQ(RunUntilQuiet(), 1) << "it is woken again";
}

TEST_F(MailboxTest, FewAreOneRound) {
  RunUntilQuiet();
  PostMany(1, 3, std::chrono::milliseconds(0));
  EXPECT_EQ(RunUntilQuiet(), 1);
  EXPECT_THAT(ran_, ElementsAre(1, 2, 3));
}

TEST_F(MailboxTest, WhoPostsItselfForEverKeepsNobodyWaiting) {
  bool enough = false;
  Spawn(ComeBack(enough), [] {});
  PostMany(1, 1, std::chrono::milliseconds(0));
  ASSERT_TRUE(IsDue());
  mailbox_.RunBatch();
  EXPECT_EQ(ran_[2], 1) << "in its turn";
  EXPECT_LE(ran_.size(), 2u + Executor::kMaxRounds);
  enough = true;
  EXPECT_EQ(RunUntilQuiet(), 1) << "it is due again by itself";
}

}  // namespace
}  // namespace tomada::net
