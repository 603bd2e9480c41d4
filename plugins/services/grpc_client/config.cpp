#include "config.h"

#include <fmt/format.h>

namespace tomada::grpc_client {

absl::Status Config::Check() const {
  if (target.empty() == targets.empty()) {
    return absl::InvalidArgumentError("give `target`, or `targets` for several servers");
  }
  for (const std::string& each : AllTargets()) {
    if (HostPort::Parse(each).ok()) continue;
    const char* key = targets.empty() ? "target" : "targets";
    return absl::InvalidArgumentError(fmt::format("`{}`: \"{}\" is not host:port", key, each));
  }
  if (reflection != descriptor_set.empty()) {
    return absl::InvalidArgumentError("give `descriptor_set`, or `reflection: true` to ask the server");
  }
  if (!descriptor_cache.empty() && !reflection) {
    return absl::InvalidArgumentError("`descriptor_cache` goes with `reflection: true`");
  }
  if (!tls_enabled && !(tls_ca + tls_certificate + tls_key + tls_server_name).empty()) {
    return absl::InvalidArgumentError("the keys of `tls` go with `tls: {enabled: true}`");
  }
  if (tls_certificate.empty() != tls_key.empty()) {
    return absl::InvalidArgumentError("`tls.certificate` and `tls.key` belong together: give both or neither");
  }
  return absl::OkStatus();
}

std::vector<std::string> Config::AllTargets() const {
  return targets.empty() ? std::vector<std::string>{target} : targets;
}

}  // namespace tomada::grpc_client
