#include "tomada/executors.h"

#include <utility>

namespace tomada {

std::shared_ptr<void> Executors::Add(std::string name, Executor& executor) {
  std::lock_guard lock(mutex_);
  entries_.push_back({std::move(name), &executor});
  const auto drop = [all = shared_from_this(), added = std::prev(entries_.end())](void*) {
    std::lock_guard lock(all->mutex_);
    all->entries_.erase(added);
  };
  return std::shared_ptr<void>(nullptr, drop);
}

void Executors::ForEach(const std::function<void(const std::string& name, Executor& executor)>& look) const {
  std::lock_guard lock(mutex_);
  for (const Entry& entry : entries_) look(entry.name, *entry.executor);
}

}  // namespace tomada
