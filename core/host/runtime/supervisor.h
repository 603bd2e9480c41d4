// Supervisor: performs the steps of a lifecycle with a limit on each, and takes signals meanwhile.
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include <absl/status/status.h>

#include "runtime/signals.h"
#include "runtime/watched_thread.h"
#include "tomada/call.h"

namespace tomada {

// Steps run one after another on one thread, the lifecycle thread. When a step hangs, the supervisor gives up on that
// thread, keeps it, and performs the next steps on a new one. All calls on the thread that made it.
class Supervisor {
 public:
  // How much longer a step may take once a second signal asked to stop at once.
  static constexpr std::chrono::seconds kAtOnce{1};

  // `on_signal` is called for each signal, on the calling thread, inside Perform or AwaitStopSignals. `signals`
  // outlives the supervisor.
  Supervisor(Signals& signals, std::function<void(int signal)> on_signal);
  // Waits for steps that hang.
  ~Supervisor();

  // Calls `report` every `interval` from now on, on the calling thread, inside Perform or AwaitStopSignals.
  void Every(std::chrono::nanoseconds interval, std::function<void()> report);

  // Runs `step` and waits for it. Nothing when it has not returned at `limit`, or kAtOnce after the second signal that
  // asks to stop.
  std::optional<absl::Status> Perform(std::function<absl::Status()> step, Deadline limit);
  // Inside `on_signal`: the step under way has until `limit` at most.
  void Shorten(Deadline limit) { limit_ = std::min(limit_, limit); }

  // Returns true when there have been `count` signals that ask to stop, also before this call; false at `limit`.
  bool AwaitStopSignals(int count, Deadline limit = Deadline::max());
  // How many of those have been taken.
  int stop_signal_count() const { return taken_; }

 private:
  void TakeSignals();
  void Report();

  Signals& signals_;
  const std::function<void(int signal)> on_signal_;
  std::function<void()> report_;
  std::chrono::nanoseconds interval_{};
  Deadline next_report_ = Deadline::max();
  Deadline limit_;  // of the step under way
  int taken_ = 0;   // signals that ask to stop
  Deadline second_signal_;
  std::vector<std::unique_ptr<WatchedThread>> threads_;  // the last one works, those before it hang
};

}  // namespace tomada
