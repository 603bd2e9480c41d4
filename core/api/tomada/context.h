// Context: all that a component is given. Nothing is global, and there is no registry to look things up in.
#ifndef TOMADA_CONTEXT_H_
#define TOMADA_CONTEXT_H_

#include <cassert>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tomada/blocking_pool.h"
#include "tomada/budget.h"
#include "tomada/component.h"
#include "tomada/executors.h"
#include "tomada/log.h"
#include "tomada/metrics.h"
#include "tomada/readiness.h"
#include "tomada/service_port.h"
#include "tomada/span.h"

namespace tomada {

// Lent to Plugin::create for the length of that call. References and handles got from it may be kept for the life of
// the component.
class Context {
 public:
  // A component of the profile that this one uses.
  struct Used {
    std::string id;
    Component* component;  // outlives the user
  };
  using Uses = std::map<std::string, std::vector<Used>, std::less<>>;  // by port

  // What the host fills in; tests may too.
  struct Parts {
    std::string id;
    std::shared_ptr<const void> config;
    Uses uses;
    std::shared_ptr<LogSink> log_sink;
    std::shared_ptr<ReadinessBoard> readiness;
    BlockingPool* blocking_pool = nullptr;
    std::shared_ptr<MetricsRegistry> metrics;  // null: nothing is counted
    std::shared_ptr<Budgets> budgets;          // null: nothing is bounded
    std::shared_ptr<Tracing> tracing = std::make_shared<Tracing>();
    std::shared_ptr<Executors> executors = std::make_shared<Executors>();
    std::map<std::string, ServicePort, std::less<>> service_ports;  // those that are exchanged, by port
  };
  explicit Context(Parts parts) : parts_(std::move(parts)) {}

  // The component's id in the profile.
  const std::string& id() const { return parts_.id; }

  // The plugin's own Config, of the type its schema was made from; kept alive by the host.
  template <class Config>
  const Config& config() const {
    return *static_cast<const Config*>(parts_.config.get());
  }

  // The component at a port that takes exactly one. The host has checked kind and number. T is Store, ServiceProvider,
  // HostView or whatever the port's kind promises; a component that is not throws std::bad_cast, which fails the
  // create.
  template <class T>
  T& use(std::string_view port) const {
    return dynamic_cast<T&>(*parts_.uses.find(port)->second.front().component);
  }

  // All components at a port, in the order of the profile; empty when it was left out.
  template <class T>
  std::vector<std::pair<std::string, T*>> uses(std::string_view port) const {
    std::vector<std::pair<std::string, T*>> found;
    if (auto it = parts_.uses.find(port); it != parts_.uses.end()) {
      for (const Used& used : it->second) found.emplace_back(used.id, &dynamic_cast<T&>(*used.component));
    }
    return found;
  }

  // The services at a port, for who goes on when they are exchanged.
  ServicePort service_port(std::string_view port) const {
    const auto found = parts_.service_ports.find(port);
    return found != parts_.service_ports.end() ? found->second : ServicePort(uses<ServiceProvider>(port));
  }

  Logger logger() const { return Logger(parts_.log_sink, parts_.id); }
  StatusReporter status() const { return StatusReporter(parts_.readiness, parts_.id); }
  std::shared_ptr<ReadinessBoard> readiness() const { return parts_.readiness; }
  Metrics metrics() const { return Metrics(parts_.metrics, parts_.id); }
  BlockingPool& blocking_pool() const { return *parts_.blocking_pool; }
  // Where spans go: see span.h.
  const std::shared_ptr<Tracing>& tracing() const { return parts_.tracing; }
  // For a transport's executors, and for who watches over them.
  const std::shared_ptr<Executors>& executors() const { return parts_.executors; }
  // What is shared with all components of the process that name it so: [a-z0-9_].
  Budget budget(std::string_view name) const { return parts_.budgets ? parts_.budgets->Find(name) : Budget(); }

 private:
  Parts parts_;
};

}  // namespace tomada

#endif  // TOMADA_CONTEXT_H_
