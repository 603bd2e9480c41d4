// The timers of an event loop, on one timerfd.
#pragma once

#include "tomada/timer.h"
#include "tomada/unique_fd.h"

namespace tomada::net {

class TimerFd final : public TimerQueue {
 public:
  TimerFd();

  // Readable when Fire is due.
  int fd() const { return fd_.get(); }
  void Fire(Deadline now);

 private:
  void Arm(Deadline next) override;

  UniqueFd fd_;
  Deadline armed_ = Deadline::max();
};

}  // namespace tomada::net
