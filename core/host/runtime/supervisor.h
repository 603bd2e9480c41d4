// Supervisor: performs the steps of a lifecycle with a limit on each, and takes stop signals meanwhile.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <absl/status/status.h>

#include "runtime/stop_signals.h"
#include "runtime/watched_thread.h"
#include "tomada/call.h"

namespace tomada {

// Steps run one after another on one thread, the lifecycle thread. When a step hangs, the supervisor gives up on that
// thread, keeps it, and performs the next steps on a new one. All calls on the thread that made it.
class Supervisor {
 public:
  // How much longer a step may take once a second signal asked to stop at once.
  static constexpr std::chrono::seconds kAtOnce{1};

  // `on_signal` is called for each signal with its name, on the calling thread, inside Perform or WaitForSignals.
  // `signals` outlives the supervisor.
  Supervisor(StopSignals& signals, std::function<void(const std::string& name)> on_signal);
  // Waits for steps that hang.
  ~Supervisor();

  // Calls `report` every `interval` from now on, on the calling thread, inside Perform or WaitForSignals.
  void Every(std::chrono::nanoseconds interval, std::function<void()> report);

  // Runs `step` and waits for it. Nothing when it has not returned at `limit`, or kAtOnce after the second signal.
  std::optional<absl::Status> Perform(std::function<absl::Status()> step, Deadline limit);

  // Returns true when there have been `count` signals, also before this call; false at `limit`.
  bool WaitForSignals(int count, Deadline limit = Deadline::max());
  // How many signals have been taken.
  int signal_count() const { return taken_; }

 private:
  void TakeSignals();
  void Report();

  StopSignals& signals_;
  const std::function<void(const std::string& name)> on_signal_;
  std::function<void()> report_;
  std::chrono::nanoseconds interval_{};
  Deadline next_report_ = Deadline::max();
  int taken_ = 0;
  Deadline second_signal_;
  std::vector<std::unique_ptr<WatchedThread>> threads_;  // the last one works, those before it hang
};

}  // namespace tomada
