#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "cli/checked_profile.h"
#include "cli/command.h"
#include "config/suggest.h"
#include "runtime/back_up.h"
#include "runtime/descriptor_limit.h"
#include "runtime/log_writer.h"
#include "runtime/make_context.h"
#include "runtime/status_board.h"
#include "tomada/blocking_pool.h"

namespace tomada {
namespace {

// Makes the component alone, and does not start it.
absl::Status BackUp(const Plan& plan, const PlannedComponent& planned, const std::string& directory) {
  if (!planned.uses.empty()) return BackUp(*planned.plugin, nullptr, directory);  // what it keeps, it keeps in others
  BlockingPool pool(1, 1);
  const SharedParts parts{std::make_shared<LogWriter>(STDERR_FILENO, LogOptions()), std::make_shared<StatusBoard>(plan),
                          &pool};
  const auto find = [](std::string_view) -> Component* { return nullptr; };
  const absl::StatusOr<std::unique_ptr<Component>> component =
      planned.plugin->create(MakeContext(planned, parts, find));
  if (!component.ok()) return component.status();
  return BackUp(*planned.plugin, component->get(), directory);
}

absl::StatusOr<ExitCode> Backup(const Arguments& arguments, Shell& shell) {
  RaiseDescriptorLimit();
  const std::string id = arguments.operand(0), directory = arguments.operand(1);
  absl::StatusOr<CheckedProfile> checked = CheckProfile(arguments, shell);
  if (!checked.ok()) return checked.status();
  if (!checked->plan) return kExitBadConfig;
  const std::vector<PlannedComponent>& components = checked->plan->components;
  const auto planned = std::ranges::find(components, id, &PlannedComponent::id);
  if (planned == components.end()) {
    std::vector<std::string> ids;
    for (const PlannedComponent& each : components) ids.push_back(each.id);
    return absl::InvalidArgumentError(fmt::format("{} has no component `{}`{}", checked->path, id, Hint(id, ids)));
  }
  const absl::Status status = BackUp(*checked->plan, *planned, directory);
  if (status.ok()) {
    shell.out << fmt::format("{} is in {}\n", id, directory);
    return kExitOk;
  }
  shell.err << fmt::format("no backup of {}: {}\n", id, std::string(status.message()));
  return kExitFailed;
}

}  // namespace

Command BackupCommand() {
  CommandLine line{"tomada backup",
                   "Copies what a store of this profile keeps into a directory of its own, while a host goes on using\n"
                   "it or not, and reads the copy to see that it is whole. Values that were set for `tomada run`, by\n"
                   "--set or the environment, must be the same here, and so must the working directory.\n"
                   "Exit code: 0 the backup is on disk, 1 there is none, 2 a mistake in the profile or the arguments.",
                   "STORE DIR", ProfileFlags("The profile that runs; `local` when there is neither this nor --config."),
                   "tomada backup store /var/backups/usuarios/monday"};
  return {"backup", "Copy what a store keeps, also while it runs.", std::move(line), Backup};
}

}  // namespace tomada
