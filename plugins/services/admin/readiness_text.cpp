#include "readiness_text.h"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

namespace tomada::admin {
namespace {

std::string NameOf(const std::vector<ComponentStatus>& components, const std::string& id) {
  auto found = std::ranges::find(components, id, &ComponentStatus::id);
  if (found == components.end() || found->plugin == id) return id;
  return fmt::format("{} {}", found->plugin, id);
}

std::string LineOf(const ComponentStatus& status, const std::vector<ComponentStatus>& components, Deadline now) {
  std::string line = fmt::format("{} {}", status.id, ComponentStateName(status.state));
  for (const std::string& id : status.through) line += fmt::format(" <- {}", NameOf(components, id));
  if (!status.reason.empty()) line += fmt::format(" <- {}", status.reason);
  if (status.next_try && *status.next_try > now)
    line += fmt::format(", next try in {:.1f} s", std::chrono::duration<double>(*status.next_try - now).count());
  const absl::Time since = absl::FromUnixMillis(absl::ToUnixMillis(status.since));
  return fmt::format("{} (since {})\n", line, absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", since, absl::UTCTimeZone()));
}

}  // namespace

std::string ReadinessLine(const Readiness& readiness) {
  return readiness.ready ? "ready\n" : fmt::format("not ready: {}\n", readiness.reason);
}

std::string ComponentLines(const std::vector<ComponentStatus>& components, Deadline now) {
  std::string lines;
  for (const ComponentStatus& status : components) lines += LineOf(status, components, now);
  return lines;
}

}  // namespace tomada::admin
