#include "config/start_order.h"

#include <algorithm>
#include <set>

namespace tomada {
namespace {

// Depth first from every component that could not be ordered.
class CycleFinder {
 public:
  explicit CycleFinder(const std::vector<std::vector<size_t>>& uses) : uses_(uses), state_(uses.size()) {}

  void MarkDone(size_t component) { state_[component] = State::kDone; }

  void Visit(size_t component) {
    if (state_[component] != State::kNew) return;
    state_[component] = State::kOpen;
    path_.push_back(component);
    for (size_t used : uses_[component]) {
      if (state_[used] == State::kOpen) {
        AddCycle(used);
      } else {
        Visit(used);
      }
    }
    path_.pop_back();
    state_[component] = State::kDone;
  }

  std::vector<std::vector<size_t>> Take() { return std::move(cycles_); }

 private:
  enum class State { kNew, kOpen, kDone };

  void AddCycle(size_t first) {
    std::vector<size_t> cycle(std::ranges::find(path_, first), path_.end());
    if (std::ranges::any_of(cycle, [&](size_t component) { return reported_.contains(component); })) return;
    reported_.insert(cycle.begin(), cycle.end());
    std::rotate(cycle.begin(), std::ranges::min_element(cycle), cycle.end());
    cycles_.push_back(std::move(cycle));
  }

  const std::vector<std::vector<size_t>>& uses_;
  std::vector<State> state_;
  std::vector<size_t> path_;
  std::set<size_t> reported_;
  std::vector<std::vector<size_t>> cycles_;
};

}  // namespace

StartOrder OrderByUse(const std::vector<std::vector<size_t>>& uses) {
  std::vector<std::vector<size_t>> users(uses.size());
  std::vector<size_t> missing(uses.size());  // how many of those it uses are not ordered yet
  std::set<size_t> ready;
  for (size_t component = 0; component < uses.size(); ++component) {
    missing[component] = uses[component].size();
    for (size_t used : uses[component]) users[used].push_back(component);
    if (uses[component].empty()) ready.insert(component);
  }

  StartOrder result;
  CycleFinder finder(uses);
  while (!ready.empty()) {
    size_t next = ready.extract(ready.begin()).value();
    result.order.push_back(next);
    finder.MarkDone(next);
    for (size_t user : users[next]) {
      if (--missing[user] == 0) ready.insert(user);
    }
  }
  for (size_t component = 0; component < uses.size(); ++component) finder.Visit(component);
  result.cycles = finder.Take();
  return result;
}

}  // namespace tomada
