#include "config/claims.h"

#include <arpa/inet.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include <absl/strings/ascii.h>
#include <fmt/format.h>

#include "config/message.h"

namespace tomada {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kAnyV4 = "0.0.0.0", kAnyV6 = "::";

// One spelling for each address; an IPv4 address in IPv6 is that IPv4 address.
std::vector<std::string> Addresses(const std::string& host) {
  std::string name = absl::AsciiStrToLower(host);
  if (name == "localhost") return {"127.0.0.1", "::1"};
  in6_addr v6;
  if (::inet_pton(AF_INET6, name.c_str(), &v6) != 1) return {name};
  const bool v4 = IN6_IS_ADDR_V4MAPPED(&v6);
  char text[INET6_ADDRSTRLEN];
  return {v4 ? ::inet_ntop(AF_INET, &v6.s6_addr[12], text, sizeof text)
             : ::inet_ntop(AF_INET6, &v6, text, sizeof text)};
}

bool Covers(std::string_view address, std::string_view other) {
  const bool other_is_v6 = other.find(':') != std::string_view::npos;
  return address == kAnyV6 || (address == kAnyV4 && !other_is_v6) || address == other;
}

bool PortsOverlap(const HostPort& a, const HostPort& b) {
  if (a.port != b.port) return false;
  const std::vector<std::string> ours = Addresses(a.host), theirs = Addresses(b.host);
  return std::ranges::any_of(ours, [&](const std::string& one) {
    return std::ranges::any_of(theirs,
                               [&](const std::string& other) { return Covers(one, other) || Covers(other, one); });
  });
}

fs::path Absolute(const fs::path& path) {
  std::error_code error;
  fs::path absolute = fs::absolute(path, error);
  return error ? path : absolute;
}

fs::path Canonical(const fs::path& path) {
  std::error_code error;
  fs::path canonical = fs::weakly_canonical(Absolute(path), error);
  if (error) canonical = Absolute(path).lexically_normal();
  return canonical.has_filename() ? canonical : canonical.parent_path();  // without a slash at its end
}

// The file itself is made anew: where it leads to now does not count.
fs::path SocketPath(const fs::path& path) {
  const fs::path absolute = Absolute(path);
  return Canonical(absolute.parent_path()) / absolute.filename();
}

bool IsWithin(const fs::path& path, const fs::path& folder) {
  return std::ranges::mismatch(folder, path).in1 == folder.end();
}

bool Overlap(const ConfigClaim& a, const ConfigClaim& b) {
  if (a.claim != b.claim) return false;
  switch (a.claim) {
    case Claim::kPort: return PortsOverlap(std::get<HostPort>(a.value), std::get<HostPort>(b.value));
    case Claim::kDirectory: {
      const fs::path one = Canonical(std::get<std::string>(a.value)), other = Canonical(std::get<std::string>(b.value));
      return IsWithin(one, other) || IsWithin(other, one);
    }
    case Claim::kUnixSocket:
      return SocketPath(std::get<std::string>(a.value)) == SocketPath(std::get<std::string>(b.value));
  }
  return false;
}

std::string ShowClaim(const ConfigClaim& claim) {
  return Quote(claim.hidden ? claim.key : fmt::format("{}: {}", claim.key, FormatConfigValue(claim.value)));
}

std::string_view OwnOne(Claim claim) {
  switch (claim) {
    case Claim::kPort: return "an address";
    case Claim::kDirectory: return "a directory";
    case Claim::kUnixSocket: return "a socket";
  }
  return "one";
}

}  // namespace

void CheckClaims(const std::vector<ConfigClaim>& claims, Diagnostics& diagnostics) {
  for (auto claim = claims.begin(); claim != claims.end(); ++claim) {
    auto other =
        std::find_if(claims.begin(), claim, [&](const ConfigClaim& earlier) { return Overlap(*claim, earlier); });
    if (other == claim) continue;
    diagnostics.Error(claim->where,
                      fmt::format("{} overlaps {} of `{}` ({}): each needs {} of its own", ShowClaim(*claim),
                                  ShowClaim(*other), other->component, other->where.ToString(), OwnOne(claim->claim)));
  }
}

}  // namespace tomada
