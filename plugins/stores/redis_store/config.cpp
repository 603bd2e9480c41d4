#include "config.h"

#include <fmt/format.h>

namespace tomada::redis_store {

absl::Status Config::CheckConfig(const Config& config) {
  // Never quotes the URL: it may hold a password.
  if (absl::Status wrong = ServerAddress::Parse(config.url).status(); !wrong.ok()) return wrong;
  if (config.sentinels.empty() != config.master.empty()) {
    return absl::InvalidArgumentError("`sentinels` and `master` belong together: give both or neither");
  }
  for (const std::string& sentinel : config.sentinels) {
    if (!HostPort::Parse(sentinel).ok()) {
      return absl::InvalidArgumentError(fmt::format("`sentinels`: \"{}\" is not host:port", sentinel));
    }
  }
  if (config.key_prefix.empty() || config.key_prefix.find_first_of("{}") != std::string::npos) {
    return absl::InvalidArgumentError(
        "`key_prefix` must not be empty or hold braces: they decide a key's cluster slot");
  }
  if (config.role == "cache" && config.durability != "applied") {
    return absl::InvalidArgumentError("`role: cache` promises nothing to last, so `durability` can only be applied");
  }
  return absl::OkStatus();
}

}  // namespace tomada::redis_store
