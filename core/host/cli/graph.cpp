#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/checked_profile.h"
#include "cli/command.h"
#include "cli/plugin_text.h"

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
  std::vector<std::vector<std::string>> rows;
  for (const PlannedComponent& component : checked->plan->components)
    rows.push_back({std::to_string(rows.size() + 1), component.id, component.plugin->name, UsesOf(component)});
  shell.out << AlignedColumns(rows);
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
