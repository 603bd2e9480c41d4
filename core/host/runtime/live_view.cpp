#include "runtime/live_view.h"

#include <utility>

#include "runtime/process_metrics.h"
#include "tomada/abi.h"

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

}  // namespace

LiveView::LiveView(const Plan& plan, std::shared_ptr<const StatusBoard> board,
                   std::shared_ptr<MetricsRegistry> registry, LostLines lost_lines)
    : plan_(plan), board_(std::move(board)), registry_(std::move(registry)), lost_lines_(std::move(lost_lines)) {}

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
  for (const PlannedComponent& component : plan_.components)
    all.insert(all.end(), component.settings.begin(), component.settings.end());
  return all;
}

std::vector<MetricFamily> LiveView::CollectMetrics() const {
  if (registry_ == nullptr) return {};
  std::vector<MetricFamily> all = registry_->Collect();
  all.push_back(StateMetrics(components()));
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

BuildInfo LiveView::build() const { return {TOMADA_VERSION, TOMADA_ABI_STAMP}; }

}  // namespace tomada
