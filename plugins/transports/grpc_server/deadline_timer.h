// Ends calls whose deadline gRPC does not watch itself.
#pragma once

#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include "tomada/call.h"

namespace tomada::grpc_server {

// One thread and a set ordered by deadline. Thread-safe.
class DeadlineTimer {
 public:
  class Entry {
   public:
    // Called once, on the timer's thread, when the deadline has passed. May remove any entry, this one too.
    virtual void OnDeadline() = 0;

   protected:
    ~Entry() = default;
  };

  DeadlineTimer();
  // Every entry has been removed by then.
  ~DeadlineTimer();
  DeadlineTimer(const DeadlineTimer&) = delete;
  DeadlineTimer& operator=(const DeadlineTimer&) = delete;

  // `entry` lives until it is removed.
  void Add(Deadline deadline, Entry& entry);
  // When this returns, OnDeadline is not called any more, and is not running on another thread. The same deadline as
  // in Add; nothing happens when the entry was not added or has been removed.
  void Remove(Deadline deadline, Entry& entry);

 private:
  void Run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<std::pair<Deadline, Entry*>> entries_;
  Entry* firing_ = nullptr;
  bool stopped_ = false;
  std::thread thread_;
};

}  // namespace tomada::grpc_server
