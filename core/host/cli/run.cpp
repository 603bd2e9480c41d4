#include <unistd.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/checked_profile.h"
#include "cli/command.h"
#include "cli/host_parent.h"
#include "runtime/descriptor_limit.h"
#include "runtime/host.h"
#include "runtime/log_writer.h"
#include "runtime/signals.h"
#include "tomada/log.h"

namespace tomada {
namespace {

constexpr char kWatch[] = "--watch";

LogOptions LogOptionsOf(const HostConfig& config) {
  LogOptions options;
  options.level = config.log_level;
  for (const auto& [id, level] : config.LogLevels()) options.levels[id] = level;
  options.json = config.log_format == LogFormat::kJson;
  options.requests = config.log_requests;
  return options;
}

absl::StatusOr<ExitCode> RunHost(const Arguments& arguments, Shell& shell, bool has_parent) {
  RaiseDescriptorLimit();
  Signals signals;  // first of all: threads that plugins start while they are loaded block them too
  const auto give_up = [&signals] { return signals.StopPending(); };
  if (has_parent) FollowParent();
  absl::StatusOr<CheckedProfile> checked = CheckProfile(arguments, shell, give_up);
  if (!checked.ok()) return checked.status();
  if (has_parent) ReportFiles(checked->files);
  if (!checked->plan && give_up()) {
    shell.err << "tomada run: stopped by a signal before anything was started\n";
    return kExitOk;
  }
  if (!checked->plan) return kExitBadConfig;

  auto log = std::make_shared<LogWriter>(STDERR_FILENO, LogOptionsOf(checked->plan->host));
  if (const std::optional<std::string> changed = arguments.Value(kChanged)) {
    Logger(log, std::string(kHostId)).Info("restarting", {{"changed", *changed}});
    log->Flush();  // before the lines of the one that stops now
  }
  if (has_parent && !AwaitStart(give_up)) return kExitOk;
  Host host(*std::move(checked->plan), log, signals, [log] { return log->lost(); });
  const RunResult result = host.Run();
  if (result == RunResult::kHung) {
    // A thread still runs in a plugin, so nothing can be destroyed any more: neither the component that it is in nor
    // the static objects it may use, which a return from main would destroy under it.
    log->Flush();
    shell.out.flush();
    shell.err.flush();
    ::_exit(kExitFailed);
  }
  return result == RunResult::kStopped ? kExitOk : kExitFailed;
}

absl::StatusOr<ExitCode> Run(const Arguments& arguments, Shell& shell) {
  const bool watch = arguments.Has(kWatch);
  if (!watch && !InheritsOrphans()) return RunHost(arguments, shell, false);
  const absl::StatusOr<std::string> path = ProfilePath(arguments, shell.installation);
  if (!path.ok()) return path.status();
  std::vector<std::string> words;
  for (const Flag& flag : ProfileFlags("")) {
    for (const std::string& value : arguments.Values(flag.name)) words.insert(words.end(), {flag.name, value});
  }
  return static_cast<ExitCode>(RunHostParent(words, *path, watch, shell));
}

absl::StatusOr<ExitCode> RunAsChild(const Arguments& arguments, Shell& shell) {
  return RunHost(arguments, shell, true);
}

CommandLine RunLine() {
  return {"tomada run",
          "Runs the components of a profile until SIGTERM or SIGINT. The first signal lets calls in flight\n"
          "finish (host.shutdown.grace), a second one stops at once.\n"
          "Exit code: 0 stopped by a signal, 1 something failed, 2 a mistake in the profile or the arguments.",
          "", ProfileFlags("The profile to run; `local` when there is neither this nor --config."),
          "tomada run --profile memory --set components.http.config.listen=127.0.0.1:9000"};
}

}  // namespace

Command RunCommand() {
  CommandLine line = RunLine();
  line.flags.push_back({kWatch, "", "For developers: restart when the profile, a file it names or a plugin changes."});
  return {"run", "Run a profile.", std::move(line), Run};
}

Command ChildRunCommand() {
  CommandLine line = RunLine();
  line.flags.push_back({kChanged, "FILES", ""});
  return {kChildRun, "", std::move(line), RunAsChild};
}

}  // namespace tomada
