#include "tomada/testing/test_host.h"

#include <dlfcn.h>

#include <chrono>
#include <cstring>

namespace tomada::testing {
namespace {

[[noreturn]] void Fail(const std::string& what) { throw std::runtime_error("tomada::testing: " + what); }

// Opened for ever, as by the host.
Plugin OpenPlugin(const std::string& file) {
  void* library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) Fail(dlerror());
  const auto* entry = static_cast<const PluginEntry*>(dlsym(library, "tomada_plugin"));
  if (entry == nullptr || entry->magic != PluginEntry::kMagic) Fail(file + " is no plugin");
  if (std::strcmp(entry->abi_stamp, TOMADA_ABI_STAMP) != 0) {
    Fail(file + " was built as \"" + entry->abi_stamp + "\", this test as \"" TOMADA_ABI_STAMP "\"; rebuild one");
  }
  return entry->describe();
}

std::shared_ptr<const void> MakeConfig(const ConfigSchema& schema, const TestHost::Settings& settings) {
  std::shared_ptr<void> config = schema.make();
  std::map<std::string, std::vector<std::string>> lists;
  for (const auto& [key, text] : settings) {
    const ConfigField* field = schema.Find(key);
    if (field == nullptr) Fail("there is no config key `" + key + "`");
    absl::StatusOr<ConfigValue> value = ParseConfigValue(*field, text);
    if (!value.ok()) Fail("config key `" + key + "`: " + std::string(value.status().message()));
    if (field->type == ConfigType::kStringList) {
      lists[key].push_back(text);
      *value = lists[key];
    }
    field->assign(config.get(), *value);
  }
  for (const ConfigField& field : schema.fields) {
    if (!field.required) continue;
    bool given = false;
    for (const auto& [key, text] : settings) given = given || key == field.name;
    if (!given) Fail("missing config key `" + field.name + "`");
  }
  if (absl::Status status = schema.check(config.get()); !status.ok()) Fail(std::string(status.message()));
  return config;
}

}  // namespace

void TestBoard::Report(std::string_view id, Readiness readiness) {
  {
    std::lock_guard lock(mutex_);
    states_[std::string(id)] = std::move(readiness);
  }
  listeners_.Tell();
}

Readiness TestBoard::Of(std::string_view id) const {
  std::lock_guard lock(mutex_);
  auto found = states_.find(id);
  return found == states_.end() ? Readiness{false, "unknown"} : found->second;
}

std::shared_ptr<void> TestBoard::OnChange(std::function<void()> changed) { return listeners_.Add(std::move(changed)); }

void TestLog::Write(LogLevel level, std::string_view component, std::string_view message,
                    std::span<const LogField> fields) {
  std::lock_guard lock(mutex_);
  text_ += FormatLogLine(level, component, message, fields) + "\n";
}

std::string TestLog::text() const {
  std::lock_guard lock(mutex_);
  return text_;
}

TestHost::TestHost(std::string plugins) : plugins_(std::move(plugins)) {}

TestHost::~TestHost() {
  const Deadline grace = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  for (auto component = components_.rbegin(); component != components_.rend(); ++component) {
    (*component)->Stop(grace).IgnoreError();
  }
  pool_.Stop();  // before any component that its jobs may still use
  while (!components_.empty()) components_.pop_back();
}

Context TestHost::ContextOf(std::string id, std::shared_ptr<const void> config, Context::Uses uses) {
  Context::Parts parts;
  parts.id = std::move(id);
  parts.config = configs_.emplace_back(std::move(config));
  parts.uses = std::move(uses);
  parts.log_sink = log;
  parts.readiness = board;
  parts.blocking_pool = &pool_;
  parts.metrics = metrics;
  parts.budgets = budgets;
  parts.tracing = tracing;
  parts.executors = executors;
  for (const auto& [port, used] : parts.uses) {
    ServicePort::Providers providers;
    for (const Context::Used& one : used) {
      if (auto* provider = dynamic_cast<ServiceProvider*>(one.component)) providers.emplace_back(one.id, provider);
    }
    if (providers.empty()) continue;
    const ServicePort made(std::move(providers));
    service_ports_.insert_or_assign({parts.id, port}, made);
    parts.service_ports.emplace(port, made);
  }
  return Context(std::move(parts));
}

std::weak_ptr<const ServicePort::Offers> TestHost::Exchange(const std::string& id, const std::string& port,
                                                            ServicePort::Providers providers) {
  const auto found = service_ports_.find({id, port});
  if (found == service_ports_.end()) Fail(id + " uses no services at its port `" + port + "`");
  return found->second.Exchange(std::move(providers));
}

Component& TestHost::StartComponent(const std::string& id, const std::string& plugin, const Settings& settings,
                                    Context::Uses uses) {
  const bool is_file = plugin.find('/') != std::string::npos;
  const Plugin opened = OpenPlugin(is_file ? plugin : plugins_ + "/lib" + plugin + ".so");
  for (const Port& port : opened.ports) {
    if (port.count != Port::Count::kOptional && uses[port.name].empty()) {
      Fail(id + " uses nothing at its port `" + port.name + "`");
    }
  }
  absl::StatusOr<std::unique_ptr<Component>> made =
      opened.create(ContextOf(id, MakeConfig(opened.config, settings), std::move(uses)));
  if (!made.ok()) Fail(id + ": " + made.status().ToString());
  Component& component = *components_.emplace_back(*std::move(made));
  board->Report(id, Readiness{true, {}});  // it is, unless it says otherwise
  if (absl::Status started = component.Start(); !started.ok()) Fail(id + ": " + started.ToString());
  return component;
}

}  // namespace tomada::testing
