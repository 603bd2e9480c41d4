#include "deadline_timer.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <future>
#include <vector>

namespace tomada::grpc_server {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

class Entry final : public DeadlineTimer::Entry {
 public:
  explicit Entry(std::function<void()> fire) : fire_(std::move(fire)) {}
  void OnDeadline() override { fire_(); }

 private:
  std::function<void()> fire_;
};

TEST(DeadlineTimerTest, FiresInOrderAndNotEarly) {
  std::vector<int> order;
  std::promise<void> done;
  const Deadline now = steady_clock::now();
  Entry late([&] {
    order.push_back(2);
    EXPECT_GE(steady_clock::now(), now + milliseconds(40));
    done.set_value();
  });
  Entry early([&] {
    order.push_back(1);
    EXPECT_GE(steady_clock::now(), now + milliseconds(20));
  });
  DeadlineTimer timer;  // the last to be made: it ends first, and then nothing fires any more
  timer.Add(now + milliseconds(40), late);
  timer.Add(now + milliseconds(20), early);
  done.get_future().wait();
  EXPECT_EQ(order, (std::vector{1, 2}));
}

TEST(DeadlineTimerTest, WakesForAnEarlierDeadline) {
  DeadlineTimer timer;
  const Deadline far = steady_clock::now() + std::chrono::hours(1);
  Entry never([] { ADD_FAILURE() << "fired"; });
  timer.Add(far, never);
  for (int i = 0; i < 20; ++i) {  // from the second on, the timer has gone to sleep
    std::promise<void> fired;
    Entry soon([&] { fired.set_value(); });
    const Deadline now = steady_clock::now();
    timer.Add(now, soon);
    ASSERT_EQ(fired.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
    timer.Remove(now, soon);
  }
  timer.Remove(far, never);
}

TEST(DeadlineTimerTest, RemovedEntryDoesNotFire) {
  const Deadline now = steady_clock::now();
  std::promise<void> done;
  Entry removed([] { ADD_FAILURE() << "fired"; });
  Entry last([&] { done.set_value(); });
  DeadlineTimer timer;
  timer.Add(now + milliseconds(20), removed);
  timer.Add(now + milliseconds(30), last);
  timer.Remove(now + milliseconds(20), removed);
  timer.Remove(now + milliseconds(20), removed);  // again: nothing
  done.get_future().wait();
}

TEST(DeadlineTimerTest, EntryMayRemoveItselfWhileItFires) {
  const Deadline now = steady_clock::now();
  std::promise<void> done;
  std::function<void()> remove;
  Entry entry([&] {
    remove();
    done.set_value();
  });
  DeadlineTimer timer;
  remove = [&] { timer.Remove(now, entry); };
  timer.Add(now, entry);
  done.get_future().wait();
}

TEST(DeadlineTimerTest, RemoveWaitsForTheEntryThatFires) {
  const Deadline now = steady_clock::now();
  std::promise<void> firing, go_on;
  std::atomic<bool> fired{false};
  Entry entry([&] {
    firing.set_value();
    go_on.get_future().wait();
    fired = true;
  });
  DeadlineTimer timer;
  timer.Add(now, entry);
  firing.get_future().wait();
  auto removed = std::async(std::launch::async, [&] {
    timer.Remove(now, entry);
    return fired.load();
  });
  EXPECT_EQ(removed.wait_for(milliseconds(20)), std::future_status::timeout);
  go_on.set_value();
  EXPECT_TRUE(removed.get());
}

}  // namespace
}  // namespace tomada::grpc_server
