// HostView: what a component may see of the host it runs in. A plugin asks for it with a port of Kind::kHost, and the
// profile names it by the reserved id `host`:
//
//   admin:
//     plugin: admin
//     uses: {host: host}
#ifndef TOMADA_HOST_VIEW_H_
#define TOMADA_HOST_VIEW_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <absl/time/time.h>

#include "tomada/call.h"
#include "tomada/component.h"
#include "tomada/metrics.h"
#include "tomada/readiness.h"

namespace tomada {

enum class ComponentState {
  kStarting,
  kReady,
  kDegraded,  // ready, but not what it uses at a port that degrades
  kNotReady,  // it says so, or what it uses is not
};

// "starting", "ready", "degraded", "not ready".
std::string_view ComponentStateName(ComponentState state);

struct ComponentStatus {
  std::string id;
  std::string plugin;
  std::string version;                                                // of the plugin
  std::string kind;                                                   // as KindName
  std::map<std::string, std::vector<std::string>, std::less<>> uses;  // port -> component ids
  ComponentState state = ComponentState::kStarting;
  absl::Time since;
  // Unless it is ready: what it uses, what that uses and so on, down to the one whose own `reason` this is. Empty when
  // the reason is its own.
  std::vector<std::string> through;
  // Of one that is ready: what will need somebody soon.
  std::string reason;
  std::optional<Deadline> next_try;  // when the cause is tried again, where its component says so
};

// One key of the profile as it is in force.
struct ConfigSetting {
  std::string component;  // an id, or "host"
  std::string key;        // "shutdown.grace"
  // As YAML would have it. "***" for a secret, and for a text that came from the environment, a file or --set: it may
  // hold one.
  std::string value;
  // "default", "configs/local.yaml:14:7", "environment REDIS_URL (configs/servidor.yaml:7:12)", "--set".
  std::string origin;
};

struct BuildInfo {
  std::string version;
  std::string stamp;  // TOMADA_ABI_STAMP of the host
};

// Read only: what changes the host is in host_control.h. Thread-safe; nothing here waits for a component. It outlives
// every component; its Start and Stop do nothing.
class HostView : public Component {
 public:
  ~HostView() override;

  // All components, in start order.
  virtual std::vector<ComponentStatus> components() const = 0;
  // Of all together: what makes the host ready or not.
  virtual Readiness readiness() const = 0;
  // Every key of every component and of the host, in start order, the host first.
  virtual std::vector<ConfigSetting> config() const = 0;
  // Every series there is: those of the components, of the process and of the host. Empty when metrics are off.
  virtual std::vector<MetricFamily> CollectMetrics() const = 0;
  virtual BuildInfo build() const = 0;

  absl::Status Start() final { return absl::OkStatus(); }
  absl::Status Stop(Deadline) final { return absl::OkStatus(); }
};

}  // namespace tomada

#endif  // TOMADA_HOST_VIEW_H_
