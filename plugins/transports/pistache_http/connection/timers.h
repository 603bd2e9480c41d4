// The deadlines of one thread, all on one timerfd.
#pragma once

#include <map>
#include <optional>

#include "tomada/call.h"
#include "tomada/unique_fd.h"

namespace tomada::pistache_http {

class Timer;

// One thread. Outlives its timers.
class Timers {
 public:
  Timers();

  // Readable when Fire is due.
  int fd() const { return fd_.get(); }
  // Calls every timer whose deadline is not after `now`.
  void Fire(Deadline now);

 private:
  friend class Timer;
  using Queue = std::multimap<Deadline, Timer*>;

  void Arm();

  UniqueFd fd_;
  Queue queue_;
  Deadline armed_ = Deadline::max();
};

// Calls Expired once when its deadline passes. Moving a deadline further away costs a store: the queue is only touched
// when the old one passes, so a deadline may be moved with every byte that arrives.
class Timer {
 public:
  explicit Timer(Timers& timers) : timers_(timers) {}
  virtual ~Timer() { Unqueue(); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

 protected:
  // Deadline::max() means never.
  void SetDeadline(Deadline deadline);

 private:
  friend class Timers;
  // May set the next deadline and may destroy this or any other timer.
  virtual void Expired() = 0;
  void Unqueue();

  Timers& timers_;
  Deadline deadline_ = Deadline::max();
  std::optional<Timers::Queue::iterator> place_;  // never later than deadline_
};

}  // namespace tomada::pistache_http
