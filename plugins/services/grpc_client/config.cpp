#include "config.h"

#include <fmt/format.h>

namespace tomada::grpc_client {

absl::Status Config::CheckConfig(const Config& config) {
  if (config.target.empty() == config.targets.empty()) {
    return absl::InvalidArgumentError("give `target`, or `targets` for several servers");
  }
  for (const std::string& target : config.AllTargets()) {
    if (HostPort::Parse(target).ok()) continue;
    const char* key = config.targets.empty() ? "target" : "targets";
    return absl::InvalidArgumentError(fmt::format("`{}`: \"{}\" is not host:port", key, target));
  }
  if (config.reflection != config.descriptor_set.empty()) {
    return absl::InvalidArgumentError("give `descriptor_set`, or `reflection: true` to ask the server");
  }
  if (!config.descriptor_cache.empty() && !config.reflection) {
    return absl::InvalidArgumentError("`descriptor_cache` goes with `reflection: true`");
  }
  if (!config.tls_enabled &&
      !(config.tls_ca + config.tls_certificate + config.tls_key + config.tls_server_name).empty()) {
    return absl::InvalidArgumentError("the keys of `tls` go with `tls: {enabled: true}`");
  }
  if (config.tls_certificate.empty() != config.tls_key.empty()) {
    return absl::InvalidArgumentError("`tls.certificate` and `tls.key` belong together: give both or neither");
  }
  return absl::OkStatus();
}

std::vector<std::string> Config::AllTargets() const {
  return targets.empty() ? std::vector<std::string>{target} : targets;
}

}  // namespace tomada::grpc_client
