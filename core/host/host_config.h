// The `host` section of a profile: described like any plugin's config. Keys may be grouped with a dot
// ("shutdown.grace" is written as `shutdown: {grace: 10s}`).
#pragma once

#include <absl/time/time.h>

#include "tomada/config.h"

namespace tomada {

struct HostConfig {
  std::string log_level = "info";
  absl::Duration start_deadline = absl::Seconds(30);
  absl::Duration stop_deadline = absl::Seconds(30);
  absl::Duration shutdown_grace = absl::Seconds(10);
  int blocking_threads = 2;
  int blocking_queue = 32;

  static void Describe(ConfigDescription<HostConfig>& d) {
    d.Field("log.level", &HostConfig::log_level)
        .OneOf({"debug", "info", "warning", "error"})
        .Help("The least level that is written to standard error.");
    d.Field("start.deadline", &HostConfig::start_deadline)
        .Range(absl::Milliseconds(10), absl::Hours(1))
        .Help("How long one component's start may take before the host gives up.");
    d.Field("stop.deadline", &HostConfig::stop_deadline)
        .Range(absl::Milliseconds(10), absl::Hours(1))
        .Help("How long one component's stop may take beyond the grace before the host ends without it.");
    d.Field("shutdown.grace", &HostConfig::shutdown_grace)
        .Range(absl::ZeroDuration(), absl::Hours(1))
        .Help("How long calls in flight may take to finish after SIGTERM.");
    d.Field("blocking.threads", &HostConfig::blocking_threads)
        .Range(1, 64)
        .Help("Threads for blocking work, such as password hashing.");
    d.Field("blocking.queue", &HostConfig::blocking_queue)
        .Range(1, 65536)
        .Help("Blocking jobs that may wait; one more is refused at once.");
  }
};

}  // namespace tomada
