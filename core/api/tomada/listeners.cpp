#include "tomada/listeners.h"

#include <utility>

namespace tomada {

std::shared_ptr<void> Listeners::Add(Told told) {
  auto listener = std::make_shared<Told>(std::move(told));
  std::lock_guard lock(mutex_);
  std::erase_if(all_, [](const std::weak_ptr<Told>& one) { return one.expired(); });
  all_.push_back(listener);
  return listener;
}

void Listeners::Tell() {
  std::vector<std::weak_ptr<Told>> all;
  {
    std::lock_guard lock(mutex_);
    all = all_;
  }
  for (const std::weak_ptr<Told>& one : all) {
    if (const std::shared_ptr<Told> told = one.lock()) (*told)();
  }
}

}  // namespace tomada
