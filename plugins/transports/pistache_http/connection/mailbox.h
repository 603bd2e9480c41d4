// How other threads hand coroutines back to a worker.
#pragma once

#include <mutex>
#include <vector>

#include "tomada/executor.h"
#include "tomada/unique_fd.h"

namespace tomada::pistache_http {

// The executor of one worker. Post from any thread; RunBatch on the worker's.
class Mailbox final : public Executor {
 public:
  Mailbox();

  void Post(std::coroutine_handle<> coroutine) override;
  void PostAll(std::span<const std::coroutine_handle<>> coroutines) override;

  // Readable (edge-triggered) when RunBatch is due.
  int fd() const { return fd_.get(); }
  // Resumes what has been posted so far. What is posted meanwhile waits for the next call, so that coroutines which
  // keep posting themselves leave the worker time for its sockets.
  void RunBatch();

 private:
  void Wake();

  UniqueFd fd_;
  std::mutex mutex_;
  std::vector<std::coroutine_handle<>> posted_;
  bool asleep_ = true;                          // the worker waits for fd_; else it will look again by itself
  std::vector<std::coroutine_handle<>> batch_;  // the worker's own, kept for its capacity
};

}  // namespace tomada::pistache_http
