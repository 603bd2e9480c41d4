#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/checked_profile.h"
#include "cli/command.h"

namespace tomada {
namespace {

// "services: usuarios, admin; store: store".
std::string UsesOf(const PlannedComponent& component) {
  std::vector<std::string> ports;
  for (const auto& [port, ids] : component.uses) ports.push_back(fmt::format("{}: {}", port, fmt::join(ids, ", ")));
  return fmt::format("{}", fmt::join(ports, "; "));
}

absl::StatusOr<ExitCode> Graph(const Arguments& arguments, Shell& shell) {
  absl::StatusOr<CheckedProfile> checked = CheckProfile(arguments, shell);
  if (!checked.ok()) return checked.status();
  if (!checked->plan) return kExitBadConfig;
  const std::vector<PlannedComponent>& components = checked->plan->components;
  size_t ids = 0, plugins = 0;
  for (const PlannedComponent& component : components) {
    ids = std::max(ids, component.id.size());
    plugins = std::max(plugins, component.plugin->name.size());
  }
  int number = 0;
  for (const PlannedComponent& component : components) {
    std::string row = fmt::format("{:>2}  {:<{}}  {:<{}}  {}", ++number, component.id, ids, component.plugin->name,
                                  plugins, UsesOf(component));
    row.erase(row.find_last_not_of(' ') + 1);
    shell.out << row << '\n';
  }
  return kExitOk;
}

}  // namespace

Command GraphCommand() {
  CommandLine line{
      "tomada graph",
      "Prints the components of a profile in the order of their start, which is the reverse of their stop:\n"
      "number, id, plugin, and what each uses, by port.",
      "", ProfileFlags("The profile to show; `local` when there is neither this nor --config.")};
  return {"graph", "Print the start order of a profile.", std::move(line), Graph};
}

}  // namespace tomada
