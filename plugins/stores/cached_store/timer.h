// One thread that rings alarms: it ends what waits too long.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "tomada/call.h"

namespace tomada::cached_store {

// Thread-safe.
class Timer {
 public:
  class Alarm {
   public:
    virtual ~Alarm();
    // On the timer's thread, at most once for each Add. Returns quickly.
    virtual void Ring() = 0;
  };
  using Ticket = std::pair<Deadline, uint64_t>;

  ~Timer() { Stop(); }

  void Start();
  // Nothing rings any more. May be called twice, and without Start.
  void Stop();

  // The alarm is kept alive until it has rung or has been removed.
  Ticket Add(Deadline time, std::shared_ptr<Alarm> alarm);
  // Does not wait for an alarm that is just ringing.
  void Remove(const Ticket& ticket);

 private:
  void Run();

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::map<Ticket, std::shared_ptr<Alarm>> alarms_;
  uint64_t last_number_ = 0;
  // When the thread looks next. Most alarms are removed before their time; so that they cost it no wake-up, this may be
  // earlier than the first one left.
  Deadline wake_at_ = Deadline::max();
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace tomada::cached_store
