#include <iterator>
#include <utility>

#include "cli/checked_profile.h"
#include "cli/command.h"
#include "cli/graph_text.h"

namespace tomada {
namespace {

absl::StatusOr<ExitCode> Graph(const Arguments& arguments, Shell& shell) {
  if (arguments.Has("--dot") && arguments.Has("--json"))
    return absl::InvalidArgumentError("--dot and --json exclude each other");
  absl::StatusOr<CheckedProfile> checked = CheckProfile(arguments, shell);
  if (!checked.ok()) return checked.status();
  if (!checked->plan) return kExitBadConfig;
  if (arguments.Has("--dot")) {
    shell.out << GraphAsDot(*checked->plan);
  } else if (arguments.Has("--json")) {
    shell.out << GraphAsJson(*checked->plan);
  } else {
    shell.out << GraphAsText(*checked->plan);
  }
  return kExitOk;
}

}  // namespace

Command GraphCommand() {
  CommandLine line{
      "tomada graph",
      "Prints the components of a profile in the order of their start, which is the reverse of their stop:\n"
      "number, id, plugin, and what each uses, by port.",
      "", ProfileFlags("The profile to show; `local` when there is neither this nor --config."),
      "tomada graph --profile cliente --dot"};
  const Flag formats[] = {{"--dot", "", "Print a graph for Graphviz, dashed where what is unready does no harm."},
                          {"--json", "", "Print JSON."}};
  line.flags.insert(line.flags.begin(), std::begin(formats), std::end(formats));
  return {"graph", "Print the start order of a profile.", std::move(line), Graph};
}

}  // namespace tomada
