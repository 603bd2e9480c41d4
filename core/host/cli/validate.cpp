#include <fmt/format.h>

#include "cli/checked_profile.h"
#include "cli/command.h"

namespace tomada {
namespace {

absl::StatusOr<ExitCode> Validate(const Arguments& arguments, Shell& shell) {
  absl::StatusOr<CheckedProfile> checked = CheckProfile(arguments, shell);
  if (!checked.ok()) return checked.status();
  if (!checked->plan) return kExitBadConfig;
  const size_t count = checked->plan->components.size();
  shell.out << fmt::format("{}: valid: {} component{}\n", checked->path, count, count == 1 ? "" : "s");
  return kExitOk;
}

}  // namespace

Command ValidateCommand() {
  CommandLine line{"tomada validate",
                   "Checks a profile against its plugins and prints all mistakes as FILE:LINE:COLUMN: MESSAGE.\n"
                   "Makes no component, opens no port and no connection: it may run beside a running host.\n"
                   "Exit code: 0 valid, 2 not.",
                   "", ProfileFlags("The profile to check; `local` when there is neither this nor --config.")};
  return {"validate", "Check a profile and change nothing.", std::move(line), Validate};
}

}  // namespace tomada
