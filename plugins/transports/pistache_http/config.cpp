#include "config.h"

#include <algorithm>
#include <utility>

#include <absl/strings/ascii.h>
#include <absl/strings/strip.h>

#include <fmt/format.h>

#include "dispatch/cors.h"
#include "rpc/metadata.h"
#include "tomada/trusted_proxies.h"

namespace tomada::pistache_http {

// Not inline: gcc 12 takes the members for uninitialized where it is.
Config::Config() = default;
TlsConfig::TlsConfig() = default;

namespace {

bool IsAddition(const std::string& entry) { return entry.starts_with('+'); }

absl::Status CheckForwardHeaders(const std::vector<std::string>& entries) {
  if (std::ranges::any_of(entries, IsAddition) && !std::ranges::all_of(entries, IsAddition)) {
    return absl::InvalidArgumentError(
        "`forward_headers` is either a whole list or additions to the default, each with a `+`");
  }
  for (size_t i = 0; i < entries.size(); ++i) {
    const std::string name = absl::AsciiStrToLower(IsAddition(entries[i]) ? entries[i].substr(1) : entries[i]);
    if (!rpc::IsMetadataName(name)) {
      return absl::InvalidArgumentError(fmt::format("`forward_headers`: the {}. is no name of a header", i + 1));
    }
    if (rpc::IsHopByHop(name)) {
      return absl::InvalidArgumentError(
          fmt::format("`forward_headers` may not hold {}: it is about one connection only", name));
    }
  }
  return absl::OkStatus();
}

bool IsPublicUrl(std::string_view url) {
  const bool scheme = url.starts_with("http://") || url.starts_with("https://");
  const std::string_view rest = scheme ? url.substr(url.find("://") + 3) : "";
  return !rest.empty() && rest.front() != '/' &&
         std::ranges::all_of(rest, [](unsigned char c) { return absl::ascii_isgraph(c); }) &&
         rest.find_first_of("?#@\"<>\\^`{|}") == std::string_view::npos;
}

}  // namespace

net::TlsServerOptions TlsConfig::Options(const std::string& prefix) const {
  net::TlsServerOptions options;
  options.pairs.push_back({{prefix + "certificate", certificate}, {prefix + "key", key}, "", {}});
  for (size_t i = 0; i < certificates.size(); ++i) {
    const std::string at = fmt::format("{}certificates[{}].", prefix, i);
    const CertificateConfig& other = certificates[i];
    options.pairs.push_back(
        {{at + "certificate", other.certificate}, {at + "key", other.key}, at + "names", other.names});
  }
  options.client_authorities = {prefix + "client_ca", client_ca};
  options.client = client;
  options.min_version = min_version;
  options.protocols = {"http/1.1"};
  return options;
}

absl::Status TlsConfig::Check() const {
  const bool asks = client != net::ClientCertificate::kNone;
  if (!enabled()) {
    for (const auto& [name, given] : {std::pair{"key", !key.empty()}, std::pair{"certificates", !certificates.empty()},
                                      std::pair{"client", asks}, std::pair{"client_ca", !client_ca.empty()}}) {
      if (given) return absl::InvalidArgumentError(fmt::format("`{}` needs a `certificate`", name));
    }
    return absl::OkStatus();
  }
  if (key.empty()) return absl::InvalidArgumentError("`certificate` needs its `key`");
  if (asks && client_ca.empty()) {
    return absl::InvalidArgumentError("`client` needs `client_ca`: nobody's certificate is believed without");
  }
  if (!asks && !client_ca.empty()) {
    return absl::InvalidArgumentError("`client_ca` is for `client: optional` or `client: required`");
  }
  return net::TlsServerContext::Check(Options(""));
}

std::vector<std::string> Config::HeadersToForward() const {
  std::vector<std::string> names;
  if (!forward_headers.empty() && IsAddition(forward_headers.front())) names = Config().forward_headers;
  for (const std::string& entry : forward_headers) {
    names.push_back(absl::AsciiStrToLower(IsAddition(entry) ? entry.substr(1) : entry));
  }
  return names;
}

std::string Config::PublicUrl() const { return std::string(absl::StripSuffix(public_url, "/")); }

std::string Config::PublicHost() const {
  constexpr std::string_view kScheme = "https://";
  std::string_view rest = public_url;
  if (!rest.starts_with(kScheme)) return "";
  rest.remove_prefix(kScheme.size());
  rest = rest.substr(0, rest.find('/'));
  if (rest.starts_with('[')) return std::string(rest.substr(1, rest.find(']') - 1));
  return std::string(rest.substr(0, rest.find(':')));
}

absl::Status Config::Check() const {
  if (auto status = CheckForwardHeaders(forward_headers); !status.ok()) return status;
  // By its number: what stands there may have come from the environment.
  for (size_t i = 0; i < cors_origins.size(); ++i) {
    if (cors_origins[i] == "*" || Cors::IsOrigin(cors_origins[i])) continue;
    return absl::InvalidArgumentError(
        fmt::format("`cors_origins`: no browser sends the {}. of them as an Origin, which is scheme://host or "
                    "scheme://host:port in lower case, without a path, and without the port that the scheme has anyway",
                    i + 1));
  }
  if (cors_credentials && std::ranges::find(cors_origins, "*") != cors_origins.end()) {
    return absl::InvalidArgumentError("`cors_credentials` needs the origins by name in `cors_origins`, not `*`");
  }
  if (auto proxies = TrustedProxies::Parse(trusted_proxies); !proxies.ok()) {
    return absl::InvalidArgumentError(fmt::format("`trusted_proxies`: {}", std::string(proxies.status().message())));
  }
  if (!public_url.empty() && !IsPublicUrl(public_url)) {
    return absl::InvalidArgumentError("`public_url` is a URL such as https://example.com/api, without a query");
  }
  return absl::OkStatus();
}

}  // namespace tomada::pistache_http
