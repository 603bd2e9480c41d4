#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <utility>

#include "tomada/call.h"
#include "tomada/task.h"

namespace tomada::cached_store {

// Counts the tasks that nobody awaits, so that there are never many and Stop can wait for them. Thread-safe.
class Background {
 public:
  // Room for one more task; false when there are too many. What has entered calls Run or Leave.
  bool Enter();
  void Leave();
  // Starts a task that has entered; it leaves at its end.
  void Run(Task<> task) {
    Spawn(std::move(task), [this] { Leave(); });
  }

  // Until then at the latest, whoever goes on starting tasks.
  void WaitUntilIdle(Deadline end = Deadline::max());
  // Somebody has begun to wait for that.
  bool awaited() const {
    std::lock_guard lock(mutex_);
    return awaited_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable idle_;
  size_t running_ = 0;    // guarded by mutex_
  bool awaited_ = false;  // guarded by mutex_
};

}  // namespace tomada::cached_store
