#include "tomada/timer.h"

namespace tomada {

TimerQueue::~TimerQueue() = default;

void TimerQueue::Arm(Deadline) {}

void TimerQueue::Fire(Deadline now) {
  while (!queue_.empty() && queue_.begin()->first <= now) {
    Timer* timer = queue_.begin()->second;
    const Deadline deadline = timer->deadline_;
    timer->Unqueue();
    if (deadline > now) {
      timer->SetDeadline(deadline);
    } else {
      timer->Expired();  // the timer may be gone after this
    }
  }
  Arm(next());
}

void Timer::SetDeadline(Deadline deadline) {
  deadline_ = deadline;
  if (deadline == Deadline::max()) return;
  if (position_) {
    if ((*position_)->first <= deadline) return;
    timers_.queue_.erase(*position_);
  }
  position_ = timers_.queue_.emplace(deadline, this);
  if (timers_.queue_.begin() == *position_) timers_.Arm(deadline);
}

void Timer::Unqueue() {
  deadline_ = Deadline::max();
  if (!position_) return;
  timers_.queue_.erase(*position_);
  position_.reset();
}

}  // namespace tomada
