#include "runtime/status_board.h"

#include <algorithm>
#include <utility>

#include <absl/time/clock.h>
#include <fmt/format.h>

namespace tomada {

namespace {

bool Degrades(const PlannedComponent& component, std::string_view port) {
  if (component.plugin == nullptr) return false;
  return std::ranges::any_of(component.plugin->ports, [&](const Port& p) { return p.name == port && p.degrades; });
}

}  // namespace

StatusBoard::StatusBoard(const Plan& plan) {
  std::vector<bool> used(plan.components.size());
  for (const PlannedComponent& component : plan.components) {
    Entry entry;
    entry.id = component.id;
    entry.since = absl::Now();
    for (const auto& [port, ids] : component.uses) {
      for (const std::string& id : ids) {
        if (id == kHostId) continue;
        // In start order whatever is used has its entry already.
        const auto index = static_cast<size_t>(Find(id) - entries_.begin());
        used[index] = true;
        (Degrades(component, port) ? entry.degraded_by : entry.uses).push_back(index);
      }
    }
    entries_.push_back(std::move(entry));
  }
  FindWhatCounts(used);
  ComputeCauses();
}

// A component counts when nobody uses it, or when one that counts needs it. From the last to the first, so that each
// comes after its users.
void StatusBoard::FindWhatCounts(const std::vector<bool>& used) {
  for (size_t i = 0; i < entries_.size(); ++i) entries_[i].counts = !used[i];
  for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry) {
    if (!entry->counts) continue;
    for (size_t index : entry->uses) entries_[index].counts = true;
  }
}

void StatusBoard::Started(std::string_view id) {
  Change([&] {
    if (auto entry = Find(id); entry != entries_.end()) entry->started = true;
  });
}

void StatusBoard::Running() {
  Change([&] {
    if (phase_ == Phase::kStarting) phase_ = Phase::kRunning;
  });
}

void StatusBoard::Stopping() {
  Change([&] { phase_ = Phase::kStopping; });
}

void StatusBoard::Report(std::string_view id, Readiness readiness) {
  Change([&] {
    if (auto entry = Find(id); entry != entries_.end()) entry->reported = std::move(readiness);
  });
}

Readiness StatusBoard::Of(std::string_view id) const {
  std::lock_guard lock(mutex_);
  auto entry = std::ranges::find(entries_, id, &Entry::id);
  return WithPhase(entry == entries_.end() ? fmt::format("{}: no such component", id) : entry->cause);
}

Readiness StatusBoard::OfAll() const {
  std::lock_guard lock(mutex_);
  auto entry = std::ranges::find_if(entries_, [](const Entry& e) { return e.counts && !e.cause.empty(); });
  return WithPhase(entry == entries_.end() ? std::string() : entry->cause);
}

std::vector<ComponentStatus> StatusBoard::Statuses() const {
  std::lock_guard lock(mutex_);
  std::vector<ComponentStatus> statuses;
  for (const Entry& entry : entries_) {
    ComponentStatus& status = statuses.emplace_back();
    status.id = entry.id;
    status.state = entry.state;
    status.since = entry.since;
    if (entry.state == ComponentState::kReady) {
      status.reason = entry.reported.reason;
    } else {
      Explain(entry, status);
    }
  }
  return statuses;
}

// Follows what is not ready down to the component that is the cause.
void StatusBoard::Explain(const Entry& entry, ComponentStatus& status) const {
  const Entry* at = &entry;
  while (at->started && at->reported.ready) {
    at = FirstUnready(at->state == ComponentState::kDegraded ? at->degraded_by : at->uses);
    if (at == nullptr) return;
    status.through.push_back(at->id);
  }
  if (!at->started) {
    status.reason = "starting";
    return;
  }
  status.reason = at->reported.reason.empty() ? "not ready" : at->reported.reason;
  status.next_try = at->reported.next_try;
}

const StatusBoard::Entry* StatusBoard::FirstUnready(const std::vector<size_t>& indexes) const {
  auto found = std::ranges::find_if(indexes, [&](size_t index) { return !entries_[index].cause.empty(); });
  return found == indexes.end() ? nullptr : &entries_[*found];
}

std::shared_ptr<void> StatusBoard::OnChange(std::function<void()> changed) {
  return subscribers_.Add(std::move(changed));
}

std::vector<StatusBoard::Entry>::iterator StatusBoard::Find(std::string_view id) {
  return std::ranges::find(entries_, id, &Entry::id);
}

void StatusBoard::Change(const std::function<void()>& change) {
  std::unique_lock lock(mutex_);
  const Phase before = phase_;
  change();
  if (bool causes_changed = ComputeCauses(); !causes_changed && phase_ == before) return;
  stale_ = true;
  if (!notifying_) Notify(lock);
}

// What an entry says of itself, else the first cause among what it uses. One pass: what is used comes first.
bool StatusBoard::ComputeCauses() {
  bool changed = false;
  for (Entry& entry : entries_) {
    std::string cause;
    if (!entry.started) {
      cause = fmt::format("{}: starting", entry.id);
    } else if (!entry.reported.ready) {
      cause = fmt::format("{}: {}", entry.id, entry.reported.reason.empty() ? "not ready" : entry.reported.reason);
    } else {
      if (const Entry* used = FirstUnready(entry.uses)) cause = fmt::format("{} <- {}", entry.id, used->cause);
    }
    changed |= cause != entry.cause;
    entry.cause = std::move(cause);
  }
  ComputeStates();
  return changed;
}

void StatusBoard::ComputeStates() {
  for (Entry& entry : entries_) {
    ComponentState state = ComponentState::kReady;
    if (!entry.started) {
      state = ComponentState::kStarting;
    } else if (!entry.cause.empty()) {
      state = ComponentState::kNotReady;
    } else if (FirstUnready(entry.degraded_by) != nullptr) {
      state = ComponentState::kDegraded;
    }
    if (state != std::exchange(entry.state, state)) entry.since = absl::Now();
  }
}

// No lock is held during the calls, so that a subscriber may hold its own while it reports. A change made meanwhile, by
// another thread, gives another round here: calls come one at a time, and the last one sees the last state.
void StatusBoard::Notify(std::unique_lock<std::mutex>& lock) {
  notifying_ = true;
  while (std::exchange(stale_, false)) {
    lock.unlock();
    subscribers_.Tell();
    lock.lock();
  }
  notifying_ = false;
}

Readiness StatusBoard::WithPhase(const std::string& cause) const {
  if (phase_ == Phase::kStopping) return {false, "the host is stopping"};
  if (!cause.empty()) return {false, cause};
  if (phase_ == Phase::kStarting) return {false, "the host is starting"};
  return {true, {}};
}

}  // namespace tomada
