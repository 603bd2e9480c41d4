#include "runtime/live_view.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "runtime/back_up.h"
#include "runtime/process_metrics.h"
#include "tomada/abi.h"
#include "tomada/store.h"

namespace tomada {
namespace {

MetricFamily GaugeFamily(std::string name, std::string help) {
  return {std::move(name), std::move(help), MetricKind::kGauge, {}, {}};
}

// 1 for the state that each component is in, 0 for the others.
MetricFamily StateMetrics(const std::vector<ComponentStatus>& components) {
  MetricFamily states = GaugeFamily("tomada_component_state", "1 for the state that the component is in.");
  for (const ComponentStatus& component : components) {
    for (ComponentState state :
         {ComponentState::kStarting, ComponentState::kReady, ComponentState::kDegraded, ComponentState::kNotReady}) {
      MetricLabels labels = {
          {"component", component.id}, {"plugin", component.plugin}, {"state", std::string(ComponentStateName(state))}};
      states.samples.push_back({std::move(labels), component.state == state ? 1.0 : 0.0, {}});
    }
  }
  return states;
}

void AppendStoreMetrics(const std::vector<ComponentStatus>& components,
                        const std::function<Component*(std::string_view id)>& find, std::vector<MetricFamily>& all) {
  MetricFamily records = GaugeFamily("tomada_store_records", "Records that the store keeps.");
  MetricFamily bytes = GaugeFamily("tomada_store_bytes", "Bytes that they take, in memory or on disk.");
  for (const ComponentStatus& component : components) {
    if (component.state == ComponentState::kStarting) continue;
    const auto* store = dynamic_cast<const Store*>(find(component.id));
    if (store == nullptr) continue;
    const StoreCounters counters = store->counters();
    const MetricLabels labels = {{"component", component.id}};
    if (counters.records) records.samples.push_back({labels, static_cast<double>(*counters.records), {}});
    if (counters.bytes) bytes.samples.push_back({labels, static_cast<double>(*counters.bytes), {}});
  }
  for (MetricFamily* family : {&records, &bytes}) {
    if (!family->samples.empty()) all.push_back(std::move(*family));
  }
}

void AppendBudgetMetrics(const Budgets& budgets, std::vector<MetricFamily>& all) {
  MetricFamily limits = GaugeFamily("tomada_budget_limit", "What all components together may take.");
  MetricFamily used = GaugeFamily("tomada_budget_used", "What they have taken.");
  MetricFamily refused{"tomada_budget_refused_total", "How often not enough was left.", MetricKind::kCounter, {}, {}};
  for (const Budgets::Status& budget : budgets.All()) {
    const MetricLabels labels = {{"budget", budget.name}};
    if (budget.limit != std::numeric_limits<uint64_t>::max())
      limits.samples.push_back({labels, static_cast<double>(budget.limit), {}});
    used.samples.push_back({labels, static_cast<double>(budget.used), {}});
    refused.samples.push_back({labels, static_cast<double>(budget.refused), {}});
  }
  for (MetricFamily* family : {&limits, &used, &refused}) {
    if (!family->samples.empty()) all.push_back(std::move(*family));
  }
}

}  // namespace

LiveView::LiveView(const Plan& plan, std::shared_ptr<const StatusBoard> board,
                   std::shared_ptr<MetricsRegistry> registry, LostLines lost_lines, Reach reach)
    : plan_(plan),
      board_(std::move(board)),
      registry_(std::move(registry)),
      lost_lines_(std::move(lost_lines)),
      reach_(std::move(reach)),
      log_(reach_.sink, std::string(kHostId)) {}

std::vector<ComponentStatus> LiveView::components() const {
  std::vector<ComponentStatus> statuses = board_->Statuses();
  for (size_t i = 0; i < statuses.size(); ++i) {
    const PlannedComponent& planned = plan_.components[i];
    statuses[i].plugin = planned.plugin->name;
    statuses[i].version = planned.plugin->version;
    statuses[i].kind = KindName(planned.plugin->kind);
    statuses[i].uses = planned.uses;
  }
  return statuses;
}

std::vector<ConfigSetting> LiveView::config() const {
  std::vector<ConfigSetting> all = plan_.host_settings;
  {
    std::lock_guard lock(mutex_);
    for (const auto& [id, level] : log_levels_) {
      all.push_back({std::string(kHostId), "log.levels", fmt::format("[{}={}]", id, LogLevelName(level)),
                     "changed while it runs"});
    }
  }
  for (const PlannedComponent& component : plan_.components)
    all.insert(all.end(), component.settings.begin(), component.settings.end());
  return all;
}

std::vector<MetricFamily> LiveView::CollectMetrics() const {
  if (registry_ == nullptr) return {};
  std::vector<MetricFamily> all = registry_->Collect();
  const std::vector<ComponentStatus> statuses = components();
  all.push_back(StateMetrics(statuses));
  AppendStoreMetrics(statuses, reach_.find, all);
  AppendBudgetMetrics(*reach_.budgets, all);
  MetricFamily& ready = all.emplace_back(GaugeFamily("tomada_ready", "1 while the host is ready."));
  ready.samples.push_back({{}, readiness().ready ? 1.0 : 0.0, {}});
  MetricFamily& built = all.emplace_back(GaugeFamily("tomada_build_info", "1, labelled with what is running."));
  const BuildInfo info = build();
  built.samples.push_back({{{"version", info.version}, {"stamp", info.stamp}}, 1, {}});
  if (lost_lines_) {
    MetricFamily& lost = all.emplace_back(
        MetricFamily{"tomada_log_lines_dropped_total", "Log lines that nobody read.", MetricKind::kCounter, {}, {}});
    lost.samples.push_back({{}, static_cast<double>(lost_lines_()), {}});
  }
  AppendProcessMetrics(all);
  return all;
}

const PlannedComponent* LiveView::Planned(std::string_view id) const {
  const auto found = std::ranges::find(plan_.components, id, &PlannedComponent::id);
  return found == plan_.components.end() ? nullptr : &*found;
}

absl::Status LiveView::SetLogLevel(std::string_view component, LogLevel level) {
  if (component != kHostId && Planned(component) == nullptr)
    return absl::NotFoundError(fmt::format("there is no component `{}`", component));
  if (!reach_.sink->SetLevel(component, level)) return absl::UnimplementedError("this log has no levels");
  {
    std::lock_guard lock(mutex_);
    log_levels_[std::string(component)] = level;
  }
  log_.Info("log level changed", {{"component", std::string(component)}, {"level", std::string(LogLevelName(level))}});
  return absl::OkStatus();
}

Task<absl::Status> LiveView::BackUp(Call& call, std::string component, std::string directory) {
  const PlannedComponent* planned = Planned(component);
  if (planned == nullptr) co_return absl::NotFoundError(fmt::format("there is no component `{}`", component));
  if (backing_up_.exchange(true)) co_return absl::ResourceExhaustedError("another backup is under way");
  log_.Info("backup begins", {{"component", component}, {"directory", directory}});
  const auto begin = std::chrono::steady_clock::now();
  absl::Status copied = absl::OkStatus();
  std::function<void()> copy = [&] { copied = tomada::BackUp(*planned->plugin, reach_.find(component), directory); };
  absl::Status status = co_await reach_.pool.Run(call, std::move(copy));
  if (status.ok()) status = copied;
  backing_up_ = false;
  if (status.ok()) {
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
    log_.Info("backup done", {{"component", component}, {"took", fmt::format("{}ms", took.count())}});
  } else {
    log_.Warning("no backup", {{"component", component}, {"error", std::string(status.message())}});
  }
  co_return status;
}

BuildInfo LiveView::build() const { return {TOMADA_VERSION, TOMADA_ABI_STAMP}; }

}  // namespace tomada
