// WatchedThread: runs one call at a time while another thread waits for it with a limit.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include <absl/status/status.h>

namespace tomada {

// Begin and Take are for one thread, the watcher.
class WatchedThread {
 public:
  // Throws std::system_error when the system is out of threads or descriptors.
  WatchedThread();
  // Waits for the call under way: a watcher that gave up on it keeps this and ends the process instead.
  ~WatchedThread();
  WatchedThread(const WatchedThread&) = delete;
  WatchedThread& operator=(const WatchedThread&) = delete;

  // Runs `call` on the thread. The result of the one before has been taken. What it throws becomes INTERNAL.
  void Begin(std::function<absl::Status()> call);

  // Becomes readable when the call has returned, until Take.
  int fd() const { return finished_fd_; }
  // The result of a call that has returned; nothing while it runs.
  std::optional<absl::Status> Take();

 private:
  void Work();

  const int finished_fd_;
  std::mutex mutex_;  // guards the four below
  std::condition_variable wake_;
  std::function<absl::Status()> call_;  // set while there is one to run
  std::optional<absl::Status> result_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace tomada
