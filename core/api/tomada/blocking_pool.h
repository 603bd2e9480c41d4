// Threads for work that would hold up an I/O thread: password hashing, file reads, name look-ups.
#ifndef TOMADA_BLOCKING_POOL_H_
#define TOMADA_BLOCKING_POOL_H_

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include <absl/status/status.h>

#include "tomada/call.h"
#include "tomada/task.h"

namespace tomada {

// A fixed number of threads and a bounded queue. Thread-safe.
class BlockingPool {
 public:
  // At most `threads` jobs at once and `queue` waiting; both at least 1.
  BlockingPool(size_t threads, size_t queue);
  // As Stop.
  ~BlockingPool();
  BlockingPool(const BlockingPool&) = delete;
  BlockingPool& operator=(const BlockingPool&) = delete;

  // Runs `work` on a thread of the pool and resumes on call.executor().
  //   OK                  it ran to its end
  //   RESOURCE_EXHAUSTED  the queue was full; answered at once, inline
  //   call.status()       the call was cancelled while the work still waited, and it never ran
  //   INTERNAL            it threw; the text is not passed on
  //   UNAVAILABLE         the pool has stopped
  // Work that has begun is not interrupted. `work` is destroyed on the thread that runs it, or with the task.
  Task<absl::Status> Run(Call& call, std::function<void()> work);

  // Finishes what runs, answers what waits with UNAVAILABLE, joins the threads. May be called twice.
  void Stop();

 private:
  struct Job;
  class Awaiter;
  void Work();
  bool Withdraw(const std::shared_ptr<Job>& job);

  const size_t capacity_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::shared_ptr<Job>> queue_;
  bool stopped_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace tomada

#endif  // TOMADA_BLOCKING_POOL_H_
