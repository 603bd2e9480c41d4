#include "support/scheduling_noise.h"

#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <csignal>

#include <gtest/gtest.h>

namespace tomada::testing {
namespace {

TEST(SchedulingNoiseTest, HearsThatTheProcessCouldNotRun) {
  SchedulingNoise::Listen();
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  const auto begin = SchedulingNoise::Clock::now();
  const pid_t child = ::fork();
  if (child == 0) {
    timespec pause{0, 200'000'000};
    ::kill(::getppid(), SIGSTOP);
    ::nanosleep(&pause, nullptr);
    ::kill(::getppid(), SIGCONT);
    ::_exit(0);
  }
  ::waitpid(child, nullptr, 0);
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_GE(SchedulingNoise::Since(begin), std::chrono::milliseconds(150));
  EXPECT_EQ(SchedulingNoise::Since(SchedulingNoise::Clock::now() + std::chrono::hours(1)),
            std::chrono::milliseconds(0));
}

}  // namespace
}  // namespace tomada::testing
