#include "config.h"

#include <algorithm>

#include <absl/strings/ascii.h>

#include <fmt/format.h>

#include "dispatch/http_call.h"

namespace tomada::pistache_http {

// Not inline: gcc 12 takes the members for uninitialized where it is.
Config::Config() = default;

absl::Status CheckConfig(const Config& config) {
  for (const std::string& name : config.forward_headers) {
    if (!IsHopByHop(absl::AsciiStrToLower(name))) continue;
    return absl::InvalidArgumentError(
        fmt::format("`forward_headers` may not hold {}: it is about one connection only", name));
  }
  const auto& origins = config.cors_origins;
  if (config.cors_credentials && std::find(origins.begin(), origins.end(), "*") != origins.end()) {
    return absl::InvalidArgumentError("`cors_credentials` needs the origins by name in `cors_origins`, not `*`");
  }
  return absl::OkStatus();
}

}  // namespace tomada::pistache_http
