#include <unistd.h>

#include "cli/checked_profile.h"
#include "cli/command.h"
#include "runtime/descriptor_limit.h"
#include "runtime/host.h"
#include "runtime/log_writer.h"
#include "runtime/stop_signals.h"
#include "tomada/log.h"

namespace tomada {
namespace {

LogLevel LevelCalled(std::string_view name) {
  for (LogLevel level : {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarning}) {
    if (LogLevelName(level) == name) return level;
  }
  return LogLevel::kError;
}

LogOptions LogOptionsOf(const HostConfig& config) {
  LogOptions options;
  options.level = LevelCalled(config.log_level);
  for (const auto& [id, level] : config.LogLevels()) options.levels[id] = LevelCalled(level);
  options.json = config.log_format == "json";
  options.requests = config.log_requests;
  return options;
}

absl::StatusOr<ExitCode> Run(const Arguments& arguments, Shell& shell) {
  RaiseDescriptorLimit();
  StopSignals signals;  // first of all: threads that plugins start while they are loaded block them too
  absl::StatusOr<CheckedProfile> checked = CheckProfile(arguments, shell);
  if (!checked.ok()) return checked.status();
  if (!checked->plan) return kExitBadConfig;

  auto log = std::make_shared<LogWriter>(STDERR_FILENO, LogOptionsOf(checked->plan->host));
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

}  // namespace

Command RunCommand() {
  CommandLine line{"tomada run",
                   "Runs the components of a profile until SIGTERM or SIGINT. The first signal lets calls in flight\n"
                   "finish (host.shutdown.grace), a second one stops at once.\n"
                   "Exit code: 0 stopped by a signal, 1 something failed, 2 a mistake in the profile or the arguments.",
                   "", ProfileFlags("The profile to run; `local` when there is neither this nor --config.")};
  return {"run", "Run a profile.", std::move(line), Run};
}

}  // namespace tomada
