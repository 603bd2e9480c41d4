// Host: runs the components of a plan from the first create to the last destructor.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/status.h>
#include <absl/time/time.h>

#include "plan.h"
#include "runtime/live_view.h"
#include "runtime/make_context.h"
#include "runtime/status_board.h"
#include "runtime/stop_signals.h"
#include "runtime/supervisor.h"
#include "tomada/blocking_pool.h"
#include "tomada/context.h"
#include "tomada/log.h"

namespace tomada {

// How a run ended.
enum class RunResult {
  kStopped,  // a signal asked for it, and every component has stopped
  kFailed,   // a component could not be made, started or stopped; all that had started have been told to stop
  kHung,     // a component did not return in time; the others have been stopped. See Host::~Host
};

// Components are made, started, drained, stopped and destroyed one at a time on the lifecycle thread, forward in start
// order and backward at the end. The calling thread watches: it takes signals and holds each step to its limit.
//
//   first signal    not ready; after host.shutdown.wait Drain on all, then Stop on each with the grace of
//                   host.shutdown.grace
//   second signal   no wait and no grace is left; a step that still hangs a second later is given up
//
// Who uses nothing but the host, directly or not (admin and its front end), is drained and stopped when all others have
// been: it shows their end.
//
// A signal during the start lets the component under way finish its start and begins to stop then.
class Host {
 public:
  // Starts threads, but no component. The plan's plugins and `signals` outlive the host. `lost_lines`, of the sink, is
  // shown with the metrics; it may be empty.
  Host(Plan plan, std::shared_ptr<LogSink> sink, StopSignals& signals, LiveView::LostLines lost_lines = {});
  // After kHung this waits until what hangs has returned: a component is not destroyed while it runs. A program ends
  // with _exit instead.
  ~Host();
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  // Returns when all is over; what went wrong has been logged. Called once.
  RunResult Run();

 private:
  enum class State { kMade, kStarted, kStartFailed, kHangs };
  struct Instance {
    const PlannedComponent* planned;
    bool watches = false;  // the host, and uses nothing else
    State state = State::kMade;
    std::unique_ptr<Component> component;  // null when it could not be made; not touched while it hangs
  };
  enum class Outcome { kDone, kFailed, kHangs };
  using Step = std::function<absl::Status()>;

  bool MakeAll();
  bool StartAll();
  // Lets load balancers see that it is not ready.
  void AwaitOthers();
  // Those that watch the host, or those that do not.
  void Drain(bool watchers);
  void Stop(bool watchers);
  void DestroyAll();

  Instance& InstanceOf(std::string_view id);
  bool UsesOnlyHost(const PlannedComponent& planned);
  Context ContextOf(const PlannedComponent& planned);
  // Performs a step ("start") of a component on the lifecycle thread. Logs and remembers what goes wrong.
  Outcome Perform(std::string_view step, std::string_view id, Deadline limit, Step work);
  void OnSignal(const std::string& name);
  // Only the first call counts: not ready from here on, and the grace begins.
  void BeginStop(LogField cause);
  // Until when a step of the stop may take: the stop deadline comes on top of what is left of the grace.
  Deadline StopLimit() const;
  void LogStarted(std::chrono::steady_clock::duration took);
  void LogReadiness();
  // What goes on for longer than it should: who is waited for, and who waits.
  void LogWaiting();

  const Plan plan_;
  const std::shared_ptr<LogSink> sink_;
  const Logger log_;
  const std::shared_ptr<StatusBoard> board_;
  const std::shared_ptr<MetricsRegistry> metrics_;  // null when they are off
  LiveView view_;
  std::unique_ptr<BlockingPool> pool_;
  std::vector<Instance> instances_;  // those made, in start order
  std::optional<Supervisor> supervisor_;

  std::string_view step_, step_of_;  // under way, and of which component; empty when there is none
  std::chrono::steady_clock::time_point step_begin_;
  std::atomic<bool> was_ready_{false};
  bool stopping_ = false;
  bool failed_ = false;
  bool hung_ = false;
  Deadline grace_;  // set by BeginStop
  std::optional<Readiness> logged_readiness_;
  std::shared_ptr<void> readiness_subscription_;
};

}  // namespace tomada
