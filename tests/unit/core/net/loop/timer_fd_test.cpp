#include "net/loop/timer_fd.h"

#include <poll.h>

#include <gtest/gtest.h>

namespace tomada::net {
namespace {

using namespace std::chrono_literals;

class NoteOfTime final : public Timer {
 public:
  using Timer::SetDeadline;
  using Timer::Timer;

 private:
  void Expired() override {}
};

TEST(TimerFdTest, BecomesReadable) {
  TimerFd timers;
  NoteOfTime timer(timers);
  auto begin = std::chrono::steady_clock::now();
  timer.SetDeadline(begin + 1h);
  timer.SetDeadline(begin + 30ms);
  pollfd ready{timers.fd(), POLLIN, 0};
  EXPECT_EQ(poll(&ready, 1, 10'000), 1);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 30ms);
}

}  // namespace
}  // namespace tomada::net
