// TestHost: what a host lends to components, and components of real plugins, without a host.
//
//   TestHost host;
//   Store& store = host.Start<Store>("store", "memory_store");
//   Pedidos pedidos(host.MakeContext("pedidos", Config(), {{"store", {{"store", &store}}}}));
#ifndef TOMADA_TESTING_TEST_HOST_H_
#define TOMADA_TESTING_TEST_HOST_H_

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tomada/blocking_pool.h"
#include "tomada/context.h"
#include "tomada/listeners.h"
#include "tomada/plugin.h"

namespace tomada::testing {

// Readiness without a graph: each id is what was reported for it, not ready before.
class TestBoard : public ReadinessBoard {
 public:
  void Report(std::string_view id, Readiness readiness) override;
  Readiness Of(std::string_view id) const override;
  std::shared_ptr<void> OnChange(std::function<void()> changed) override;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, Readiness, std::less<>> states_;
  Listeners listeners_;
};

// Keeps every line, formatted.
class TestLog : public LogSink {
 public:
  void Write(LogLevel level, std::string_view component, std::string_view message,
             std::span<const LogField> fields) override;
  // All lines so far.
  std::string text() const;

 private:
  mutable std::mutex mutex_;
  std::string text_;
};

// Its own functions are for one thread.
class TestHost {
 public:
  // What a profile has under `config`, value by value as text: {{"shards", "4"}}. A list has its key once for each of
  // its elements.
  using Settings = std::vector<std::pair<std::string, std::string>>;

  // In `plugins` is lib<name>.so of the plugins that Start is given by name; by default where this copy has its own.
  explicit TestHost(std::string plugins = TOMADA_TESTING_PLUGINS);
  // Stops and destroys what Start has made, the last first.
  ~TestHost();
  TestHost(const TestHost&) = delete;
  TestHost& operator=(const TestHost&) = delete;

  // For a component that the test makes by itself and destroys before this. `config` is copied and kept.
  template <class Config>
  Context MakeContext(std::string id, const Config& config, Context::Uses uses = {}) {
    return ContextOf(std::move(id), std::make_shared<Config>(config), std::move(uses));
  }

  // Opens the library of `plugin`, a name or, with a slash in it, a file; makes component `id` of it as a host does and
  // starts it. T is what it is used as: Store, ServiceProvider, Component. Whatever is wrong is a std::runtime_error
  // that says what.
  template <class T>
  T& Start(std::string id, const std::string& plugin, const Settings& settings = {}, Context::Uses uses = {}) {
    auto* component = dynamic_cast<T*>(&StartComponent(id, plugin, settings, std::move(uses)));
    if (component == nullptr) throw std::runtime_error(plugin + " is of another kind");
    return *component;
  }

  // Gives component `id` other services at `port`, as a reload does: see ServicePort::Exchange.
  std::weak_ptr<const ServicePort::Offers> Exchange(const std::string& id, const std::string& port,
                                                    ServicePort::Providers providers);

  const std::shared_ptr<TestBoard> board = std::make_shared<TestBoard>();
  const std::shared_ptr<TestLog> log = std::make_shared<TestLog>();
  const std::shared_ptr<MetricsRegistry> metrics = std::make_shared<MetricsRegistry>();
  const std::shared_ptr<Budgets> budgets = std::make_shared<Budgets>();
  const std::shared_ptr<Tracing> tracing = std::make_shared<Tracing>();
  const std::shared_ptr<Executors> executors = std::make_shared<Executors>();

 private:
  Context ContextOf(std::string id, std::shared_ptr<const void> config, Context::Uses uses);
  Component& StartComponent(const std::string& id, const std::string& plugin, const Settings& settings,
                            Context::Uses uses);

  const std::string plugins_;
  BlockingPool pool_{2, 1024};
  std::vector<std::shared_ptr<const void>> configs_;
  std::map<std::pair<std::string, std::string>, ServicePort> service_ports_;  // by component id and port
  std::vector<std::unique_ptr<Component>> components_;                        // in the order of their starts
};

}  // namespace tomada::testing

#endif  // TOMADA_TESTING_TEST_HOST_H_
