#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <absl/status/status.h>

#include "command.h"
#include "net/loop/event_fd.h"
#include "net/tls/byte_stream.h"
#include "tomada/metrics.h"

namespace tomada::redis_store {

// What other threads send to an I/O thread: commands, up to a bound, and news of its connection. Wakes it once when it
// was idle, however much is sent.
class Inbox {
 public:
  struct Mail {
    std::vector<Command*> submitted;
    std::optional<std::pair<net::ByteStream, Session>> attach;
    std::optional<std::string> drop;
    std::optional<absl::Status> refuse;
    std::optional<Deadline> stop;

    bool empty() const { return submitted.empty() && !attach && !drop && !refuse && !stop; }
  };

  // `outstanding` follows outstanding().
  Inbox(size_t max_calls, size_t max_bytes, Gauge outstanding)
      : max_calls_(max_calls), max_bytes_(max_bytes), gauge_(std::move(outstanding)) {}

  // Takes commands from now on.
  void Open();
  // Readable, edge-triggered, when the thread is to wake up.
  int fd() const { return event_.fd(); }

  // From any thread. False when the command is not taken; its status says why: RESOURCE_EXHAUSTED when too many are
  // outstanding, UNAVAILABLE while it is not open.
  bool Submit(Command& command);
  // From any thread. What was sent under the same member and has not been taken is replaced.
  void Send(const std::function<void(Mail&)>& fill);
  // Sends `stop`, and takes no more commands.
  void Close(Deadline stop);

  // For the I/O thread. Everything sent since the last Take; `mail` is empty before.
  void Take(Mail& mail);
  // Whoever sends from now on wakes the thread; false when something has been sent already.
  bool PrepareToSleep();
  void Awake() { asleep_.store(false); }
  // The command no longer counts against the bounds.
  void Finished(const Command& command);
  // Commands taken and not finished.
  size_t outstanding() const { return calls_.load(std::memory_order_acquire); }

 private:
  void Wake();

  const size_t max_calls_, max_bytes_;
  const Gauge gauge_;
  const net::EventFd event_;
  std::mutex mutex_;
  Mail mail_;          // guarded by mutex_
  bool open_ = false;  // guarded by mutex_
  std::atomic<bool> asleep_{false};
  std::atomic<size_t> calls_{0}, bytes_{0};
};

}  // namespace tomada::redis_store
