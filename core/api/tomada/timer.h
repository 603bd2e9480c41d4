// What an executor does at a time.
#ifndef TOMADA_TIMER_H_
#define TOMADA_TIMER_H_

#include <map>
#include <optional>

#include "tomada/call.h"

namespace tomada {

class Timer;

// The deadlines of one thread. Outlives its timers.
class TimerQueue {
 public:
  TimerQueue() = default;
  virtual ~TimerQueue();
  TimerQueue(const TimerQueue&) = delete;
  TimerQueue& operator=(const TimerQueue&) = delete;

  // Calls every timer whose deadline is not after `now`.
  void Fire(Deadline now);
  // When Fire is due; Deadline::max() for never.
  Deadline next() const { return queue_.empty() ? Deadline::max() : queue_.begin()->first; }

 private:
  friend class Timer;
  using Queue = std::multimap<Deadline, Timer*>;

  // `next` is now the earliest deadline, or was just before the queue became later. The default is for threads that ask
  // for it before they wait.
  virtual void Arm(Deadline next);

  Queue queue_;
};

// Calls Expired once when its deadline passes. Moving a deadline further away costs a store: the queue is only touched
// when the old one passes, so a deadline may be moved with every byte that arrives. All on the queue's thread.
class Timer {
 public:
  explicit Timer(TimerQueue& timers) : timers_(timers) {}
  virtual ~Timer() { Unqueue(); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

 protected:
  // Deadline::max() means never.
  void SetDeadline(Deadline deadline);
  // Never, and the queue forgets it: it may be destroyed on another thread then.
  void Unqueue();

 private:
  friend class TimerQueue;
  // May set the next deadline and may destroy this or any other timer.
  virtual void Expired() = 0;

  TimerQueue& timers_;
  Deadline deadline_ = Deadline::max();
  std::optional<TimerQueue::Queue::iterator> position_;  // never later than deadline_
};

}  // namespace tomada

#endif  // TOMADA_TIMER_H_
