#include "config.h"

#include <string>

#include "tomada/trusted_proxies.h"

namespace tomada::grpc_server {

absl::Status Config::Check() const {
  auto proxies = TrustedProxies::Parse(trusted_proxies);
  if (proxies.ok()) return absl::OkStatus();
  return absl::InvalidArgumentError("`trusted_proxies`: " + std::string(proxies.status().message()));
}

}  // namespace tomada::grpc_server
