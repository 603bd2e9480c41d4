#include "connection/timers.h"

#include <sys/timerfd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace tomada::pistache_http {

Timers::Timers() : fd_(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)) {
  if (!fd_) throw std::system_error(errno, std::generic_category(), "timerfd_create");
}

void Timers::Fire(Deadline now) {
  while (!queue_.empty() && queue_.begin()->first <= now) {
    Timer* timer = queue_.begin()->second;
    timer->Unqueue();
    if (timer->deadline_ > now) {
      timer->SetDeadline(timer->deadline_);
    } else {
      timer->deadline_ = Deadline::max();
      timer->Expired();  // the timer may be gone after this
    }
  }
  armed_ = Deadline::max();
  Arm();
}

void Timers::Arm() {
  Deadline next = queue_.empty() ? Deadline::max() : queue_.begin()->first;
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

void Timer::SetDeadline(Deadline deadline) {
  deadline_ = deadline;
  if (deadline == Deadline::max()) return;
  if (place_) {
    if ((*place_)->first <= deadline) return;
    Unqueue();
  }
  place_ = timers_.queue_.emplace(deadline, this);
  timers_.Arm();
}

void Timer::Unqueue() {
  if (!place_) return;
  timers_.queue_.erase(*place_);
  place_.reset();
}

}  // namespace tomada::pistache_http
