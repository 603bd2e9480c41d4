#include "runtime/host.h"

#include <algorithm>
#include <chrono>
#include <ranges>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "tomada/start_page.h"

namespace tomada {
namespace {

using Clock = Deadline::clock;

constexpr std::string_view kStart = "start", kStop = "stop";

Deadline After(absl::Duration duration) { return Clock::now() + absl::ToChronoNanoseconds(duration); }

std::string Milliseconds(Clock::duration duration) {
  return fmt::format("{}ms", std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

std::string Text(const absl::Status& status) {
  if (!status.message().empty()) return std::string(status.message());
  return absl::StatusCodeToString(status.code());
}

}  // namespace

Host::Host(Plan plan, std::shared_ptr<LogSink> sink, Signals& signals, LiveView::LostLines lost_lines)
    : plan_(std::move(plan)),
      sink_(std::move(sink)),
      log_(sink_, "host"),
      board_(std::make_shared<StatusBoard>(plan_)),
      metrics_(plan_.host.metrics_enabled ? std::make_shared<MetricsRegistry>() : nullptr),
      pool_(std::make_unique<BlockingPool>(plan_.host.blocking_threads, plan_.host.blocking_queue)),
      view_(plan_, board_, metrics_, std::move(lost_lines),
            {sink_, *pool_, [this](std::string_view id) { return Find(id); }, budgets_}) {
  for (const auto& [name, budget] : plan_.host.budgets) budgets_->SetLimit(name, budget.limit.bytes);
  supervisor_.emplace(signals, [this](int signal) { OnSignal(signal); });
  supervisor_->Every(absl::ToChronoNanoseconds(plan_.host.start_report), [this] { LogWaiting(); });
}

Host::~Host() {
  supervisor_.reset();  // waits for what hangs
  while (!instances_.empty()) instances_.pop_back();
}

RunResult Host::Run() {
  const auto begin = Clock::now();
  const bool started = MakeAll() && StartAll();
  start_is_over_ = true;
  if (started) {
    LogStarted(Clock::now() - begin);
    supervisor_->AwaitStopSignals(1);
  }
  BeginStop({"reason", "the start failed"});
  const auto stop = Clock::now();
  if (started) AwaitOthers();
  for (bool watchers : {false, true}) {
    Drain(watchers);
    Stop(watchers);
  }
  if (!hung_) DestroyAll();
  if (hung_) {
    log_.Error("ended while a component hangs");
  } else {
    log_.Info("stopped", {{"took", Milliseconds(Clock::now() - stop)}});
  }
  // Once more, where it is looked for: the stop has buried it.
  if (!start_failure_.empty()) log_.Error("the start failed", {{"cause", start_failure_}});
  if (hung_) return RunResult::kHung;
  return failed_ ? RunResult::kFailed : RunResult::kStopped;
}

bool Host::MakeAll() {
  instances_.reserve(plan_.components.size());  // steps refer to instances
  for (const PlannedComponent& planned : plan_.components) {
    Instance& instance = instances_.emplace_back(Instance{.planned = &planned, .watches = UsesOnlyHost(planned)});
    auto create = [&planned, &made = instance.component, context = ContextOf(planned)] {
      auto component = planned.plugin->create(context);
      if (!component.ok()) return component.status();
      made = *std::move(component);
      return made ? absl::OkStatus() : absl::InternalError("the plugin made no component");
    };
    const Outcome outcome = Perform("create", planned.id, After(plan_.host.start_deadline), create);
    if (outcome == Outcome::kHangs) instance.state = State::kHangs;
    if (outcome != Outcome::kDone || stopping_) return false;
  }
  return true;
}

bool Host::StartAll() {
  for (Instance& instance : instances_) {
    const std::string& id = instance.planned->id;
    auto start = [component = instance.component.get(), &page = instance.start_page] {
      absl::Status status = component->Start();
      const auto* has_page = dynamic_cast<HasStartPage*>(component);
      if (status.ok() && has_page != nullptr) page = has_page->start_page();
      return status;
    };
    switch (Perform(kStart, id, After(plan_.host.start_deadline), start)) {
      case Outcome::kDone: instance.state = State::kStarted; break;
      case Outcome::kFailed: instance.state = State::kStartFailed; return false;
      case Outcome::kHangs: instance.state = State::kHangs; return false;
    }
    if (stopping_) return false;
    board_->Started(id);
  }
  return true;
}

void Host::AwaitOthers() {
  if (plan_.host.shutdown_wait == absl::ZeroDuration()) return;
  const auto begin = Clock::now();
  if (supervisor_->AwaitStopSignals(2, After(plan_.host.shutdown_wait))) return;
  grace_ = After(plan_.host.shutdown_grace);
  log_.Info("waited", {{"took", Milliseconds(Clock::now() - begin)}});
}

void Host::Drain(bool watchers) {
  const auto begin = Clock::now();
  for (Instance& instance : std::views::reverse(instances_)) {
    if (instance.state != State::kStarted || instance.watches != watchers) continue;
    auto* drainable = dynamic_cast<Drainable*>(instance.component.get());
    if (!drainable) continue;
    auto drain = [drainable] {
      drainable->Drain();
      return absl::OkStatus();
    };
    if (Perform("drain", instance.planned->id, StopLimit(), drain) == Outcome::kHangs) instance.state = State::kHangs;
  }
  if (!watchers) log_.Info("draining", {{"took", Milliseconds(Clock::now() - begin)}});
}

void Host::Stop(bool watchers) {
  for (Instance& instance : std::views::reverse(instances_)) {
    if (instance.state != State::kStarted && instance.state != State::kStartFailed) continue;
    if (instance.watches != watchers) continue;
    const std::string& id = instance.planned->id;
    auto stop = [component = instance.component.get(), grace = grace_] { return component->Stop(grace); };
    const Outcome outcome = Perform(kStop, id, StopLimit(), stop);
    if (outcome == Outcome::kHangs) instance.state = State::kHangs;
    board_->Report(id, {false, outcome == Outcome::kHangs ? "its stop hangs" : "stopped"});
  }
}

void Host::DestroyAll() {
  auto stop_pool = [this] {
    pool_->Stop();  // before any component that its jobs may still use
    return absl::OkStatus();
  };
  Perform("stop of the blocking pool", "host", StopLimit(), stop_pool);
  while (!instances_.empty() && !hung_) {
    auto destroy = [&component = instances_.back().component] {
      component.reset();
      return absl::OkStatus();
    };
    if (Perform("destroy", instances_.back().planned->id, StopLimit(), destroy) == Outcome::kDone)
      instances_.pop_back();
  }
}

Component* Host::Find(std::string_view id) {
  const auto found = std::ranges::find_if(instances_, [&](const Instance& one) { return one.planned->id == id; });
  return found == instances_.end() ? nullptr : found->component.get();
}

Host::Instance& Host::InstanceOf(std::string_view id) {
  return *std::ranges::find_if(instances_, [&](const Instance& other) { return other.planned->id == id; });
}

// What it uses has its instance already.
bool Host::UsesOnlyHost(const PlannedComponent& planned) {
  bool uses_any = false;
  for (const auto& [port, ids] : planned.uses) {
    for (const std::string& id : ids) {
      if (id != kHostId && !InstanceOf(id).watches) return false;
      uses_any = true;
    }
  }
  return uses_any;
}

Context Host::ContextOf(const PlannedComponent& planned) {
  const auto find = [this](std::string_view id) -> Component* {
    return id == kHostId ? &view_ : InstanceOf(id).component.get();
  };
  return MakeContext(planned, SharedParts{sink_, board_, pool_.get(), metrics_, budgets_, tracing_, executors_}, find);
}

Host::Outcome Host::Perform(std::string_view step, std::string_view id, Deadline limit, Step work) {
  step_ = step;
  step_of_ = id;
  step_begin_ = Clock::now();
  const std::optional<absl::Status> result = supervisor_->Perform(std::move(work), limit);
  step_ = step_of_ = {};
  const std::string took = Milliseconds(Clock::now() - step_begin_);
  if (!result) {
    hung_ = true;
    if (!start_is_over_) start_failure_ = fmt::format("{} of {} hangs", step, id);
    log_.Error(fmt::format("{} hangs", step), {{"component", std::string(id)}, {"given_up_after", took}});
    return Outcome::kHangs;
  }
  if (!result->ok()) {
    failed_ = true;
    if (!start_is_over_) start_failure_ = fmt::format("{} of {}: {}", step, id, Text(*result));
    log_.Error(fmt::format("{} failed", step), {{"component", std::string(id)}, {"error", Text(*result)}});
    return Outcome::kFailed;
  }
  if (step == kStart || step == kStop) {
    log_.Info(step == kStart ? "component is up" : "component stopped",
              {{"component", std::string(id)}, {"took", took}});
  } else {
    log_.Debug(step, {{"component", std::string(id)}, {"took", took}});
  }
  return Outcome::kDone;
}

void Host::OnSignal(int signal) {
  const LogField name{"signal", SignalName(signal)};
  if (!AsksToStop(signal)) return log_.Info("signal without effect", {name});
  if (supervisor_->stop_signal_count() == 1) return BeginStop(name);
  log_.Info("stopping at once", {name});
  grace_ = Clock::now();
}

void Host::BeginStop(LogField cause) {
  if (std::exchange(stopping_, true)) return;
  grace_ = After(plan_.host.shutdown_grace);
  supervisor_->Shorten(grace_);  // a start under way
  readiness_subscription_.reset();
  log_.Info("stopping", {std::move(cause)});
  board_->Stopping();
}

Deadline Host::StopLimit() const {
  return std::max(grace_, Clock::now()) + absl::ToChronoNanoseconds(plan_.host.stop_deadline);
}

void Host::LogStarted(Clock::duration took) {
  auto ids = std::views::transform(plan_.components, &PlannedComponent::id);
  log_.Info("started", {{"components", fmt::format("{}", fmt::join(ids, ","))}, {"took", Milliseconds(took)}});
  LogUnknownBudgets();
  readiness_subscription_ = board_->OnChange([this] { LogReadiness(); });
  board_->Running();
  for (const Instance& instance : instances_) {
    if (!instance.watches && !instance.start_page.empty()) log_.Info("open " + instance.start_page);
  }
}

void Host::LogUnknownBudgets() {
  for (const Budgets::Status& budget : budgets_->All()) {
    if (!budget.named) log_.Warning("no component takes from a budget of the profile", {{"budget", budget.name}});
  }
}

// Calls come one at a time, as the board promises.
void Host::LogReadiness() {
  const Readiness now = board_->OfAll();
  if (logged_readiness_ && logged_readiness_->ready == now.ready && logged_readiness_->reason == now.reason) return;
  if (now.ready) was_ready_ = true;
  if (now.ready) {
    log_.Info("ready");
  } else {
    log_.Warning("not ready", {{"reason", now.reason}});
  }
  logged_readiness_ = now;
}

void Host::LogWaiting() {
  if (stopping_ || was_ready_) return;
  std::vector<std::string> waiting;
  for (const ComponentStatus& status : board_->Statuses()) {
    if (status.state != ComponentState::kReady && status.id != step_of_) waiting.push_back(status.id);
  }
  const std::string waits = fmt::format("{}", fmt::join(waiting, ","));
  if (step_.empty()) {
    log_.Info("waiting", {{"for", board_->OfAll().reason}, {"components", waits}});
  } else {
    const std::string what = fmt::format("{} of {}", step_, step_of_);
    log_.Info("waiting", {{"for", what}, {"since", Milliseconds(Clock::now() - step_begin_)}, {"components", waits}});
  }
}

}  // namespace tomada
