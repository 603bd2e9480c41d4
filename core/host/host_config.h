// The `host` section of a profile: described like any plugin's config. Keys may be grouped with a dot
// ("shutdown.grace" is written as `shutdown: {grace: 10s}`).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <absl/time/time.h>

#include "tomada/config.h"
#include "tomada/log.h"

namespace tomada {

enum class LogFormat { kText, kJson };
constexpr auto EnumNames(LogFormat) {
  return std::array{std::pair{LogFormat::kText, "text"}, std::pair{LogFormat::kJson, "json"}};
}

struct BudgetConfig : ConfigKeys<BudgetConfig> {
  ByteSize limit = Key("limit", &BudgetConfig::limit).Required().Help("A number, or a size such as 64MiB.");
};

struct HostConfig : ConfigKeys<HostConfig> {
  LogLevel log_level = Key("log.level", &HostConfig::log_level, LogLevel::kInfo)
                           .Help("The least level that is written to standard error.");
  std::vector<std::string> log_levels =
      Key("log.levels", &HostConfig::log_levels)
          .Help("Another level for single components, as ID=LEVEL: [store=debug, http=warning].");
  LogFormat log_format = Key("log.format", &HostConfig::log_format, LogFormat::kText)
                             .Help("Lines for people, or a JSON object on each line for machines.");
  int log_requests =
      Key("log.requests", &HostConfig::log_requests, 100)
          .Range(0, 1'000'000)
          .Help("Requests that get a line in any one second; of those beyond it, one in a thousand does. 0: none.");
  bool metrics_enabled = Key("metrics.enabled", &HostConfig::metrics_enabled, true)
                             .Help("Count what components do, for whoever scrapes it.");
  absl::Duration start_deadline = Key("start.deadline", &HostConfig::start_deadline, absl::Seconds(30))
                                      .Range(absl::Milliseconds(10), absl::Hours(1))
                                      .Help("How long one component's start may take before the host gives up.");
  absl::Duration start_report = Key("start.report", &HostConfig::start_report, absl::Seconds(5))
                                    .Range(absl::Milliseconds(10), absl::Hours(1))
                                    .Help("Until everything is ready, how often the log says who waits for whom.");
  absl::Duration stop_deadline =
      Key("stop.deadline", &HostConfig::stop_deadline, absl::Seconds(30))
          .Range(absl::Milliseconds(10), absl::Hours(1))
          .Help("How long one component's stop may take beyond the grace before the host ends without it.");
  absl::Duration shutdown_wait =
      Key("shutdown.wait", &HostConfig::shutdown_wait)
          .Range(absl::ZeroDuration(), absl::Hours(1))
          .Help("After SIGTERM: how long everything is still served, but not ready, for load balancers to see it.");
  absl::Duration shutdown_grace = Key("shutdown.grace", &HostConfig::shutdown_grace, absl::Seconds(10))
                                      .Range(absl::ZeroDuration(), absl::Hours(1))
                                      .Help("How long calls in flight may take to finish after that.");
  int blocking_threads = Key("blocking.threads", &HostConfig::blocking_threads, 2)
                             .Range(1, 64)
                             .Help("Threads for blocking work, such as password hashing.");
  int blocking_queue = Key("blocking.queue", &HostConfig::blocking_queue, 32)
                           .Range(1, 65536)
                           .Help("Blocking jobs that may wait; one more is refused at once.");
  std::map<std::string, BudgetConfig> budgets =
      Key("budgets", &HostConfig::budgets)
          .Help("What all components together may take of a budget, by the name that their plugins give it.");

  // log_levels by component. The profile's reader has refused what is not of that form.
  std::vector<std::pair<std::string, LogLevel>> LogLevels() const;
  // "store=debug"; nullopt when it is not of that form.
  static std::optional<std::pair<std::string, LogLevel>> ParseLogLevel(std::string_view text);
};

}  // namespace tomada
