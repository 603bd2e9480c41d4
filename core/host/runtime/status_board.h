// StatusBoard: who is ready, computed over the graph of the components.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "plan.h"
#include "tomada/host_view.h"
#include "tomada/listeners.h"
#include "tomada/readiness.h"

namespace tomada {

// A component is ready when
//  * it has started and has not reported that it is not ready,
//  * everything it uses is ready, except at ports that degrade,
//  * the host runs: every component has started, and the stop has not begun.
// Thread-safe.
class StatusBoard final : public ReadinessBoard {
 public:
  // Takes the ids and the graph from the plan. Every component is "starting", and so is the host.
  explicit StatusBoard(const Plan& plan);

  // What the host knows of itself. Each tells the subscribers, as Report does.
  void Started(std::string_view id);  // its Start has succeeded
  void Running();                     // every Start has succeeded
  void Stopping();                    // for good: nothing becomes ready after this

  // Of an id that is not in the plan: ignored.
  void Report(std::string_view id, Readiness readiness) override;
  Readiness Of(std::string_view id) const override;
  // All components together: ready when each of them is, else not ready for the first cause in start order. A component
  // that is used only at ports that degrade is left out, and so is what only it uses.
  Readiness OfAll() const;

  // Each component's id, state and why, in start order; the rest of a ComponentStatus is not known here.
  std::vector<ComponentStatus> Statuses() const;

  [[nodiscard]] std::shared_ptr<void> OnChange(std::function<void()> changed) override;

 private:
  enum class Phase { kStarting, kRunning, kStopping };

  struct Entry {
    std::string id;
    std::vector<size_t> uses;         // indexes of the entries that it needs ready, all before this one
    std::vector<size_t> degraded_by;  // those that it uses at ports that degrade
    bool counts = true;               // in OfAll
    bool started = false;
    Readiness reported{true, {}};
    std::string cause;  // why it is not ready, down to the component that says so; empty when it is
    ComponentState state = ComponentState::kStarting;
    absl::Time since;
  };

  // The end of entries_ when there is no such component.
  std::vector<Entry>::iterator Find(std::string_view id);
  void FindWhatCounts(const std::vector<bool>& used);
  void Change(const std::function<void()>& change);
  bool ComputeCauses();
  void ComputeStates();
  // The first of them that is not ready; null when there is none.
  const Entry* FirstUnready(const std::vector<size_t>& indexes) const;
  void Explain(const Entry& entry, ComponentStatus& status) const;
  void Notify(std::unique_lock<std::mutex>& lock);
  // Of a component, or all of them, with this cause: whether the host runs counts as well.
  Readiness WithPhase(const std::string& cause) const;

  mutable std::mutex mutex_;  // guards everything; not held while subscribers are called
  std::vector<Entry> entries_;
  Phase phase_ = Phase::kStarting;
  Listeners subscribers_;
  bool notifying_ = false;  // a thread is calling subscribers
  bool stale_ = false;      // something changed since it began its round
};

}  // namespace tomada
