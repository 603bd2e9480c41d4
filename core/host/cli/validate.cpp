#include <fmt/format.h>

#include "cli/checked_profile.h"
#include "cli/command.h"

namespace tomada {
namespace {

absl::StatusOr<ExitCode> Validate(const Arguments& arguments, Shell& shell) {
  absl::StatusOr<CheckedProfile> checked = CheckProfile(arguments, shell);
  if (!checked.ok()) return checked.status();
  if (!checked->plan) return kExitBadConfig;
  shell.out << fmt::format("{}: valid: {}{}\n", checked->path, Count(checked->plan->components.size(), "component"),
                           checked->warnings == 0 ? "" : ", " + Count(checked->warnings, "warning"));
  return kExitOk;
}

}  // namespace

Command ValidateCommand() {
  CommandLine line{"tomada validate",
                   "Checks a profile against its plugins and prints all mistakes as FILE:LINE:COLUMN: MESSAGE, then\n"
                   "how many there are.\n"
                   "Makes no component, opens no port and no connection: it may run beside a running host.\n"
                   "Exit code: 0 valid, 2 not.",
                   "", ProfileFlags("The profile to check; `local` when there is neither this nor --config."),
                   "tomada validate --profile local --set components.http.config.listen=127.0.0.1:9000"};
  return {"validate", "Check a profile and change nothing.", std::move(line), Validate};
}

}  // namespace tomada
