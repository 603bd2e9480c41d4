#include "subject.h"

#include <algorithm>
#include <ranges>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "cli/checked_profile.h"
#include "config/make_plan.h"
#include "config/profile.h"
#include "load_plugin.h"

namespace tomada::conformance {
namespace {

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

std::vector<Flag> SubjectFlags() {
  std::vector<Flag> flags = ProfileFlags("Test a component of this profile.");
  for (Flag& flag : flags) {
    if (flag.name != "--set") continue;
    flag.value = "KEY=VALUE";
    flag.help = "Set a key of the plugin's config; with a profile, a path as for `tomada run`.";
  }
  flags.push_back({"--component", "ID", "What is tested in the profile."});
  return flags;
}

absl::StatusOr<Subject> Subject::OfPlugin(Kind kind, const std::string& plugin,
                                          const std::vector<std::string>& settings, Shell& shell) {
  absl::StatusOr<PluginSet> plugins = LoadPlugin(plugin, shell);
  if (!plugins.ok()) return plugins.status();
  const std::string name = plugins->loaded.begin()->first;

  // The host reads configs from profiles, so this is one.
  std::vector<std::string> overrides;
  for (const std::string& setting : settings) overrides.push_back("components.subject.config." + setting);
  const auto variable = [&shell](const std::string& n) { return shell.installation.LookUpVariable(n); };
  Diagnostics diagnostics;
  const Profile profile = ParseProfile(fmt::format("components: {{subject: {{plugin: {}}}}}\n", name),
                                       DisplayPath(plugin), overrides, variable, diagnostics);
  std::optional<Plan> plan = MakePlan(profile, *plugins, {name}, diagnostics);
  for (const Diagnostic& diagnostic : diagnostics.Sorted()) {
    if (diagnostic.severity == Severity::kError) shell.err << diagnostic.ToString() << '\n';
  }
  const auto is_needed = [](const Port& port) { return port.count != Port::Count::kOptional; };
  if (std::ranges::any_of(plugins->loaded.begin()->second.plugin.ports, is_needed)) {
    return absl::InvalidArgumentError(
        fmt::format("a {} that uses others is tested in a profile: --profile NAME --component ID", KindName(kind)));
  }
  return Of(kind, *std::move(plugins), std::move(plan), "subject");
}

absl::StatusOr<Subject> Subject::Find(Kind kind, const Arguments& arguments, Shell& shell) {
  const bool in_profile = arguments.Has("--profile") || arguments.Has("--config") || arguments.Has("--component");
  if (in_profile == !arguments.operand().empty()) {
    return absl::InvalidArgumentError("expected a plugin, or --profile NAME --component ID");
  }
  if (!in_profile) return OfPlugin(kind, arguments.operand(), arguments.Values("--set"), shell);
  if (!arguments.Has("--component")) {
    return absl::InvalidArgumentError(fmt::format("--component says which {} to test", KindName(kind)));
  }
  absl::StatusOr<CheckedProfile> checked = CheckProfile(arguments, shell);
  if (!checked.ok()) return checked.status();
  return Of(kind, std::move(checked->plugins), std::move(checked->plan), *arguments.Value("--component"));
}

absl::StatusOr<Subject> Subject::Of(Kind kind, PluginSet plugins, std::optional<Plan> plan, const std::string& id) {
  if (!plan)
    return absl::FailedPreconditionError(fmt::format("there is no {} to test with such a config", KindName(kind)));
  Subject subject;
  subject.plugins_ = std::make_shared<const PluginSet>(std::move(plugins));
  subject.plan_.host = plan->host;
  subject.plan_.components = Needed(*plan, id);
  if (subject.plan_.components.empty()) return absl::NotFoundError(fmt::format("no component `{}` in the profile", id));
  const Plugin& plugin = *subject.plan_.components.back().plugin;
  if (plugin.kind != kind) {
    return absl::InvalidArgumentError(
        fmt::format("{} is a {}, not a {}", plugin.name, KindName(plugin.kind), KindName(kind)));
  }
  subject.name_ = TitleOf(plugin);
  return subject;
}

std::unique_ptr<Assembly> Subject::Make() const { return std::make_unique<Assembly>(plan_); }

}  // namespace tomada::conformance
