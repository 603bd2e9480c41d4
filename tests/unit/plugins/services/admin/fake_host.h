// A host to look at: what it shows is what the test has put there.
#pragma once

#include <utility>
#include <vector>

#include "tomada/host_view.h"

namespace tomada::admin {

class FakeHost final : public HostView {
 public:
  std::vector<ComponentStatus> components() const override { return statuses; }
  Readiness readiness() const override { return ready; }
  std::vector<ConfigSetting> config() const override { return settings; }
  std::vector<MetricFamily> CollectMetrics() const override { return families; }
  BuildInfo build() const override { return {"1.2.3", "contract 4"}; }

  std::vector<ComponentStatus> statuses;
  Readiness ready{true, {}};
  std::vector<ConfigSetting> settings;
  std::vector<MetricFamily> families;
};

// 2026-11-24T11:22:33.5Z
inline absl::Time SomeTime() { return absl::FromUnixMillis(1795519353500); }

inline ComponentStatus Status(std::string id, std::string plugin, ComponentState state) {
  ComponentStatus status;
  status.id = std::move(id);
  status.plugin = std::move(plugin);
  status.version = "0.1.0";
  status.kind = "service";
  status.state = state;
  status.since = SomeTime();
  return status;
}

}  // namespace tomada::admin
