#include "tomada/budget.h"

namespace tomada {

bool budget_internal::State::Take(uint64_t amount) {
  const uint64_t most = limit.load(std::memory_order_relaxed);
  uint64_t before = used.load(std::memory_order_relaxed);
  while (before <= most && amount <= most - before) {
    if (used.compare_exchange_weak(before, before + amount, std::memory_order_relaxed)) return true;
  }
  refused.fetch_add(1, std::memory_order_relaxed);
  return false;
}

void Budgets::SetLimit(std::string_view name, uint64_t limit) {
  std::lock_guard lock(mutex_);
  StateOf(name)->limit = limit;
}

Budget Budgets::Find(std::string_view name) {
  std::lock_guard lock(mutex_);
  const auto& state = StateOf(name);
  state->named = true;
  return Budget(state);
}

std::vector<Budgets::Status> Budgets::All() const {
  std::lock_guard lock(mutex_);
  std::vector<Status> all;
  for (const auto& [name, state] : states_)
    all.push_back({name, state->limit, state->used, state->refused, state->named});
  return all;
}

std::shared_ptr<budget_internal::State>& Budgets::StateOf(std::string_view name) {
  if (auto known = states_.find(name); known != states_.end()) return known->second;
  return states_.emplace(name, std::make_shared<budget_internal::State>()).first->second;
}

}  // namespace tomada
