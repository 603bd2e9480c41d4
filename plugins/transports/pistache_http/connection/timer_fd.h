// The timers of a worker, on one timerfd.
#pragma once

#include "tomada/timer.h"
#include "tomada/unique_fd.h"

namespace tomada::pistache_http {

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

}  // namespace tomada::pistache_http
