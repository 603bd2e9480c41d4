#include "net/loop/timer_fd.h"

#include <sys/timerfd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace tomada::net {

TimerFd::TimerFd() : fd_(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)) {
  if (!fd_) throw std::system_error(errno, std::generic_category(), "timerfd_create");
}

void TimerFd::Fire(Deadline now) {
  armed_ = Deadline::max();
  TimerQueue::Fire(now);
}

void TimerFd::Arm(Deadline next) {
  if (next >= armed_) return;  // it fires early at worst, and Fire arms it again
  armed_ = next;
  // steady_clock is CLOCK_MONOTONIC. Zero would disarm.
  auto since_boot = std::max<std::chrono::nanoseconds>(next.time_since_epoch(), std::chrono::nanoseconds(1));
  auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since_boot);
  itimerspec when{};
  when.it_value.tv_sec = seconds.count();
  when.it_value.tv_nsec = (since_boot - seconds).count();
  timerfd_settime(fd_.get(), TFD_TIMER_ABSTIME, &when, nullptr);
}

}  // namespace tomada::net
