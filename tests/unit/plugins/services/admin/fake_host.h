// A host to look at: what it shows is what the test has put there, and what is done to it is written down.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tomada/host_control.h"
#include "tomada/host_view.h"

namespace tomada::admin {

class FakeHost final : public HostView, public HostControl {
 public:
  std::vector<ComponentStatus> components() const override { return statuses; }
  Readiness readiness() const override { return ready; }
  std::vector<ConfigSetting> config() const override { return settings; }
  std::vector<MetricFamily> CollectMetrics() const override { return families; }
  BuildInfo build() const override { return {"1.2.3", "contract 4"}; }

  absl::Status SetLogLevel(std::string_view component, LogLevel level) override {
    done.push_back(std::string(component) + "=" + std::string(LogLevelName(level)));
    return result;
  }
  Task<absl::Status> BackUp(Call&, std::string component, std::string directory) override {
    done.push_back(component + " to " + directory);
    co_return result;
  }

  std::vector<ComponentStatus> statuses;
  Readiness ready{true, {}};
  std::vector<ConfigSetting> settings;
  std::vector<MetricFamily> families;
  std::vector<std::string> done;
  absl::Status result;
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
