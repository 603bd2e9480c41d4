#include "assembly.h"

#include <algorithm>
#include <chrono>
#include <ranges>
#include <stdexcept>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "runtime/make_context.h"

namespace tomada::conformance {

Assembly::Assembly(const Plan& plan)
    : plan_(plan),
      board_(std::make_shared<StatusBoard>(plan)),
      pool_(plan.host.blocking_threads, plan.host.blocking_queue),
      view_(plan, board_, nullptr, [] { return 0; },
            {sink_, pool_, [this](std::string_view id) { return Find(id); }, budgets_}) {
  const SharedParts shared{sink_, board_, &pool_, nullptr, budgets_};
  for (const PlannedComponent& planned : plan_.components) {
    const Context context = MakeContext(planned, shared, [this](std::string_view id) { return Find(id); });
    absl::StatusOr<std::unique_ptr<Component>> made = planned.plugin->create(context);
    if (!made.ok()) throw std::runtime_error(fmt::format("{}: {}", planned.id, made.status().ToString()));
    components_.push_back(*std::move(made));
  }
}

Assembly::~Assembly() {
  pool_.Stop();  // before any component that its jobs may still use
  while (!components_.empty()) components_.pop_back();
}

absl::Status Assembly::Start() {
  for (size_t i = 0; i < components_.size(); ++i) {
    if (absl::Status started = components_[i]->Start(); !started.ok()) return started;
    board_->Started(plan_.components[i].id);
  }
  board_->Running();
  return AwaitReady();
}

void Assembly::Drain() {
  board_->Stopping();
  for (const auto& component : components_) {
    if (auto* drainable = dynamic_cast<Drainable*>(component.get())) drainable->Drain();
  }
}

absl::Status Assembly::Stop(Deadline grace) {
  board_->Stopping();
  absl::Status all;
  for (const auto& component : std::views::reverse(components_)) all.Update(component->Stop(grace));
  return all;
}

Component* Assembly::Find(std::string_view id) {
  if (id == kHostId) return &view_;
  const auto planned = std::ranges::find(plan_.components, id, &PlannedComponent::id);
  const auto index = static_cast<size_t>(planned - plan_.components.begin());
  return index < components_.size() ? components_[index].get() : nullptr;
}

absl::Status Assembly::AwaitReady() const {
  const Deadline until = Deadline::clock::now() + absl::ToChronoNanoseconds(plan_.host.start_deadline);
  for (;;) {
    const Readiness readiness = board_->OfAll();
    if (readiness.ready) return absl::OkStatus();
    if (Deadline::clock::now() >= until) return absl::UnavailableError("not ready: " + readiness.reason);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace tomada::conformance
