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
#include "runtime/signals.h"
#include "runtime/status_board.h"
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
// Components that use the host and nothing else, or only each other (admin and its front end), are drained and stopped
// last: until then they show how the others stop.
//
// SIGHUP, SIGUSR1 and SIGUSR2 are logged and change nothing.
//
// A signal during the start lets the component under way finish its start, at most for the grace, and begins to stop
// then.
class Host {
 public:
  // Starts threads, but no component. The plan's plugins and `signals` outlive the host. `lost_lines`, of the sink, is
  // shown with the metrics; it may be empty.
  Host(Plan plan, std::shared_ptr<LogSink> sink, Signals& signals, LiveView::LostLines lost_lines = {});
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
    bool watches = false;  // it uses the host and nothing else, and so is stopped last
    State state = State::kMade;
    std::unique_ptr<Component> component;  // null when it could not be made; not touched while it hangs
    std::string start_page = {};           // set by its start; empty when it has none
  };
  enum class Outcome { kDone, kFailed, kHangs };
  using Step = std::function<absl::Status()>;

  bool MakeAll();
  bool StartAll();
  // Waits for host.shutdown.wait, so that load balancers see that the host is not ready.
  void AwaitOthers();
  // Of the components that watch the host, or of the others.
  void Drain(bool watchers);
  void Stop(bool watchers);
  void DestroyAll();

  Instance& InstanceOf(std::string_view id);
  // Null before it has been made.
  Component* Find(std::string_view id);
  bool UsesOnlyHost(const PlannedComponent& planned);
  Context ContextOf(const PlannedComponent& planned);
  // Performs a step ("start") of a component on the lifecycle thread. Logs and remembers what goes wrong.
  Outcome Perform(std::string_view step, std::string_view id, Deadline limit, Step work);
  void OnSignal(int signal);
  // Only the first call counts: not ready from here on, and the grace begins.
  void BeginStop(LogField cause);
  // When a step of the stop is given up: the stop deadline after the end of the grace.
  Deadline StopLimit() const;
  void LogStarted(std::chrono::steady_clock::duration took);
  // A name that no plugin has given is likely a slip.
  void LogUnknownBudgets();
  void LogReadiness();
  // What goes on for longer than it should: who is waited for, and who waits.
  void LogWaiting();

  const Plan plan_;
  const std::shared_ptr<LogSink> sink_;
  const Logger log_;
  const std::shared_ptr<StatusBoard> board_;
  const std::shared_ptr<MetricsRegistry> metrics_;  // null when they are off
  const std::shared_ptr<Budgets> budgets_ = std::make_shared<Budgets>();
  const std::shared_ptr<Tracing> tracing_ = std::make_shared<Tracing>();
  const std::shared_ptr<Executors> executors_ = std::make_shared<Executors>();
  std::unique_ptr<BlockingPool> pool_;
  LiveView view_;
  std::vector<Instance> instances_;  // those made, in start order
  std::optional<Supervisor> supervisor_;

  std::string_view step_, step_of_;  // under way, and of which component; empty when there is none
  std::chrono::steady_clock::time_point step_begin_;
  std::atomic<bool> was_ready_{false};
  bool start_is_over_ = false;
  std::string start_failure_;  // the step that failed before that, of which component, and why
  bool stopping_ = false;
  bool failed_ = false;
  bool hung_ = false;
  Deadline grace_;  // set by BeginStop
  std::optional<Readiness> logged_readiness_;
  std::shared_ptr<void> readiness_subscription_;
};

}  // namespace tomada
