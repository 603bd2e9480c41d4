#include "subject.h"

#include <algorithm>
#include <ranges>
#include <set>
#include <stdexcept>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "cli/checked_profile.h"
#include "config/make_plan.h"
#include "config/profile.h"
#include "load_plugin.h"
#include "runtime/make_context.h"
#include "runtime/status_board.h"
#include "tomada/blocking_pool.h"

namespace tomada::conformance {
namespace {

// A store and what it uses, as one component.
class Assembly final : public Store {
 public:
  explicit Assembly(const Plan& plan)
      : plan_(plan),
        board_(std::make_shared<StatusBoard>(plan)),
        pool_(plan.host.blocking_threads, plan.host.blocking_queue) {
    const SharedParts shared{MakeStderrSink(LogLevel::kError), board_, &pool_};
    for (const PlannedComponent& planned : plan_.components) {
      const Context context = MakeContext(planned, shared, [this](std::string_view id) { return Find(id); });
      absl::StatusOr<std::unique_ptr<Component>> made = planned.plugin->create(context);
      if (!made.ok()) throw std::runtime_error(fmt::format("{}: {}", planned.id, made.status().ToString()));
      components_.push_back(*std::move(made));
    }
    store_ = dynamic_cast<Store*>(components_.back().get());
    if (store_ == nullptr) throw std::runtime_error(fmt::format("{} is no store", plan_.components.back().id));
  }

  ~Assembly() override {
    pool_.Stop();  // before any component that its jobs may still use
    while (!components_.empty()) components_.pop_back();
  }

  absl::Status Start() override {
    for (size_t i = 0; i < components_.size(); ++i) {
      if (absl::Status started = components_[i]->Start(); !started.ok()) return started;
      board_->Started(plan_.components[i].id);
    }
    board_->Running();
    return AwaitReady();
  }

  absl::Status Stop(Deadline grace) override {
    board_->Stopping();
    absl::Status all;
    for (const auto& component : std::views::reverse(components_)) all.Update(component->Stop(grace));
    return all;
  }

  absl::StatusOr<std::unique_ptr<Table>> OpenTable(TableOptions options) override {
    return store_->OpenTable(std::move(options));
  }
  StoreCapabilities capabilities() const override { return store_->capabilities(); }

 private:
  Component* Find(std::string_view id) const {
    const auto planned = std::ranges::find(plan_.components, id, &PlannedComponent::id);
    return components_.at(planned - plan_.components.begin()).get();
  }

  // A store that connects does so after its start.
  absl::Status AwaitReady() const {
    const Deadline until = Deadline::clock::now() + absl::ToChronoNanoseconds(plan_.host.start_deadline);
    for (;;) {
      const Readiness readiness = board_->OfAll();
      if (readiness.ready) return absl::OkStatus();
      if (Deadline::clock::now() >= until) return absl::UnavailableError("not ready: " + readiness.reason);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

  const Plan& plan_;
  const std::shared_ptr<StatusBoard> board_;
  BlockingPool pool_;
  std::vector<std::unique_ptr<Component>> components_;  // in start order
  Store* store_ = nullptr;
};

// `id` and whatever it uses, in start order.
std::vector<PlannedComponent> Needed(const Plan& plan, const std::string& id) {
  std::set<std::string> wanted = {id};
  std::vector<PlannedComponent> needed;
  for (const PlannedComponent& component : std::views::reverse(plan.components)) {
    if (!wanted.contains(component.id)) continue;
    for (const auto& [port, used] : component.uses) wanted.insert(used.begin(), used.end());
    needed.insert(needed.begin(), component);
  }
  return needed;
}

}  // namespace

absl::StatusOr<Subject> Subject::OfPlugin(const std::string& plugin, const std::vector<std::string>& settings,
                                          Shell& shell) {
  absl::StatusOr<PluginSet> plugins = LoadPlugin(plugin, shell);
  if (!plugins.ok()) return plugins.status();
  const std::string name = plugins->loaded.begin()->first;

  // The host reads configs from profiles, so this is one.
  std::vector<std::string> overrides;
  for (const std::string& setting : settings) overrides.push_back("components.store.config." + setting);
  const auto variable = [&shell](const std::string& n) { return shell.installation.LookUpVariable(n); };
  Diagnostics diagnostics;
  const Profile profile = ParseProfile(fmt::format("components: {{store: {{plugin: {}}}}}\n", name),
                                       DisplayPath(plugin), overrides, variable, diagnostics);
  std::optional<Plan> plan = MakePlan(profile, *plugins, {name}, diagnostics);
  for (const Diagnostic& diagnostic : diagnostics.Sorted()) {
    if (diagnostic.severity == Severity::kError) shell.err << diagnostic.ToString() << '\n';
  }
  const auto is_needed = [](const Port& port) { return port.count != Port::Count::kOptional; };
  if (std::ranges::any_of(plugins->loaded.begin()->second.plugin.ports, is_needed)) {
    return absl::InvalidArgumentError("a store that uses others is tested in a profile: --profile NAME --component ID");
  }
  return Of(*std::move(plugins), std::move(plan), "store");
}

absl::StatusOr<Subject> Subject::OfProfile(const Arguments& arguments, Shell& shell) {
  absl::StatusOr<CheckedProfile> checked = CheckProfile(arguments, shell);
  if (!checked.ok()) return checked.status();
  return Of(std::move(checked->plugins), std::move(checked->plan), arguments.Value("--component").value_or(""));
}

absl::StatusOr<Subject> Subject::Of(PluginSet plugins, std::optional<Plan> plan, const std::string& id) {
  if (!plan) return absl::FailedPreconditionError("there is no store to test with such a config");
  Subject subject;
  subject.plugins_ = std::make_shared<const PluginSet>(std::move(plugins));
  subject.plan_.host = plan->host;
  subject.plan_.components = Needed(*plan, id);
  if (subject.plan_.components.empty()) return absl::NotFoundError(fmt::format("no component `{}` in the profile", id));
  const Plugin& plugin = *subject.plan_.components.back().plugin;
  if (plugin.kind != Kind::kStore) {
    return absl::InvalidArgumentError(fmt::format("{} is a {}, not a store", plugin.name, KindName(plugin.kind)));
  }
  subject.name_ = TitleOf(plugin);
  return subject;
}

std::unique_ptr<Store> Subject::Make() const { return std::make_unique<Assembly>(plan_); }

}  // namespace tomada::conformance
