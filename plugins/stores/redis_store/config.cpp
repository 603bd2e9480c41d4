#include "config.h"

#include <fmt/format.h>

namespace tomada::redis_store {

absl::Status TlsConfig::Check() const {
  if (certificate.empty() != key.empty()) {
    return absl::InvalidArgumentError("`certificate` and `key` belong together: give both or neither");
  }
  if ((ca + certificate).empty()) return absl::OkStatus();
  return net::TlsClientContext::Make(Files("")).status();
}

net::TlsClientContext::Files TlsConfig::Files(const std::string& prefix) const {
  return {{prefix + "ca", ca}, {prefix + "certificate", certificate}, {prefix + "key", key}};
}

absl::Status Config::Check() const {
  // Never quotes the URL: it may hold a password.
  if (absl::Status wrong = ServerAddress::Parse(url.Reveal()).status(); !wrong.ok()) return wrong;
  if (!tls.empty() && !ServerAddress::Parse(url.Reveal())->tls) {
    return absl::InvalidArgumentError("`tls` goes with a `url` that begins with rediss://");
  }
  if (sentinels.empty() != master.empty()) {
    return absl::InvalidArgumentError("`sentinels` and `master` belong together: give both or neither");
  }
  for (const std::string& sentinel : sentinels) {
    if (!HostPort::Parse(sentinel).ok()) {
      return absl::InvalidArgumentError(fmt::format("`sentinels`: \"{}\" is not host:port", sentinel));
    }
  }
  if (key_prefix.empty() || key_prefix.find_first_of("{}") != std::string::npos) {
    return absl::InvalidArgumentError(
        "`key_prefix` must not be empty or hold braces: they decide a key's cluster slot");
  }
  if (role == Role::kCache && durability != Durability::kApplied) {
    return absl::InvalidArgumentError("`role: cache` promises nothing to last, so `durability` can only be applied");
  }
  return absl::OkStatus();
}

}  // namespace tomada::redis_store
