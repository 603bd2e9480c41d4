// The `host` section of a profile: described like any plugin's config. Keys may be grouped with a dot
// ("shutdown.grace" is written as `shutdown: {grace: 10s}`).
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <absl/time/time.h>

#include "tomada/config.h"

namespace tomada {

struct HostConfig {
  std::string log_level = "info";
  std::vector<std::string> log_levels;
  std::string log_format = "text";
  int log_requests = 100;
  bool metrics_enabled = true;
  absl::Duration start_deadline = absl::Seconds(30);
  absl::Duration start_report = absl::Seconds(5);
  absl::Duration stop_deadline = absl::Seconds(30);
  absl::Duration shutdown_wait;
  absl::Duration shutdown_grace = absl::Seconds(10);
  int blocking_threads = 2;
  int blocking_queue = 32;

  // log_levels as id and level, as far as it is of that form.
  std::vector<std::pair<std::string, std::string>> LogLevels() const;

  static void Describe(ConfigDescription<HostConfig>& d) {
    d.Field("log.level", &HostConfig::log_level)
        .OneOf({"debug", "info", "warning", "error"})
        .Help("The least level that is written to standard error.");
    d.Field("log.levels", &HostConfig::log_levels)
        .Help("Another level for single components, as ID=LEVEL: [store=debug, http=warning].");
    d.Field("log.format", &HostConfig::log_format)
        .OneOf({"text", "json"})
        .Help("Lines for people, or a JSON object on each line for machines.");
    d.Field("log.requests", &HostConfig::log_requests)
        .Range(0, 1'000'000)
        .Help("Requests that get a line in any one second; of those beyond it, one in a thousand does. 0: none.");
    d.Field("metrics.enabled", &HostConfig::metrics_enabled).Help("Count what components do, for whoever scrapes it.");
    d.Field("start.deadline", &HostConfig::start_deadline)
        .Range(absl::Milliseconds(10), absl::Hours(1))
        .Help("How long one component's start may take before the host gives up.");
    d.Field("start.report", &HostConfig::start_report)
        .Range(absl::Milliseconds(10), absl::Hours(1))
        .Help("Until everything is ready, how often the log says who waits for whom.");
    d.Field("stop.deadline", &HostConfig::stop_deadline)
        .Range(absl::Milliseconds(10), absl::Hours(1))
        .Help("How long one component's stop may take beyond the grace before the host ends without it.");
    d.Field("shutdown.wait", &HostConfig::shutdown_wait)
        .Range(absl::ZeroDuration(), absl::Hours(1))
        .Help("After SIGTERM: how long everything is still served, but not ready, for load balancers to see it.");
    d.Field("shutdown.grace", &HostConfig::shutdown_grace)
        .Range(absl::ZeroDuration(), absl::Hours(1))
        .Help("How long calls in flight may take to finish after that.");
    d.Field("blocking.threads", &HostConfig::blocking_threads)
        .Range(1, 64)
        .Help("Threads for blocking work, such as password hashing.");
    d.Field("blocking.queue", &HostConfig::blocking_queue)
        .Range(1, 65536)
        .Help("Blocking jobs that may wait; one more is refused at once.");
    d.Check(CheckLogLevels);
  }

  static absl::Status CheckLogLevels(const HostConfig& config);
};

}  // namespace tomada
