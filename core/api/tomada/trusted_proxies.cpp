#include "tomada/trusted_proxies.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace tomada {
namespace {

constexpr std::string_view kUnix = "unix";
constexpr int kIpv4Prefix = 96;

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// "192.0.2.1" of "192.0.2.1:4711" and "2001:db8::1" of "[2001:db8::1]:4711": some proxies tell the port too.
std::string_view WithoutPort(std::string_view text) {
  if (text.starts_with('[')) return text.substr(1, text.find(']') - 1);
  const size_t colon = text.find(':');
  return colon == text.rfind(':') ? text.substr(0, colon) : text;
}

// An IPv4 address that came over an IPv6 socket as what it is.
std::string Plain(std::string_view address) {
  constexpr std::string_view kMapped = "::ffff:";
  if (address.starts_with(kMapped) && address.find('.') != address.npos) address.remove_prefix(kMapped.size());
  return std::string(address);
}

}  // namespace

std::optional<TrustedProxies::Address> TrustedProxies::ParseAddress(std::string_view text) {
  const std::string terminated(text.substr(0, INET6_ADDRSTRLEN));
  Address address{};
  if (::inet_pton(AF_INET6, terminated.c_str(), address.data()) == 1) return address;
  address[10] = address[11] = 0xff;
  if (::inet_pton(AF_INET, terminated.c_str(), address.data() + kIpv4Prefix / 8) == 1) return address;
  return std::nullopt;
}

absl::StatusOr<TrustedProxies> TrustedProxies::Parse(const std::vector<std::string>& networks) {
  TrustedProxies proxies;
  int number = 0;
  for (const std::string& text : networks) {
    ++number;
    if (text == kUnix) {
      proxies.unix_ = true;
      continue;
    }
    const size_t slash = text.find('/');
    const std::optional<Address> address = ParseAddress(std::string_view(text).substr(0, slash));
    const bool v4 = text.find(':') == std::string::npos;
    const int widest = v4 ? 32 : 128;
    int bits = widest;
    bool valid = address.has_value();
    if (valid && slash != std::string::npos) {
      const char* end = text.data() + text.size();
      const auto [parsed, error] = std::from_chars(text.data() + slash + 1, end, bits);
      valid = error == std::errc() && parsed == end && bits >= 0 && bits <= widest;
    }
    if (!valid) {
      return absl::InvalidArgumentError(
          fmt::format("the {}. is no address, no network such as 10.0.0.0/8, and not \"unix\"", number));
    }
    proxies.networks_.push_back(Network{*address, v4 ? kIpv4Prefix + bits : bits});
  }
  return proxies;
}

bool TrustedProxies::Trusts(std::string_view text) const {
  if (text == kUnix) return unix_;
  const std::optional<Address> address = networks_.empty() ? std::nullopt : ParseAddress(text);
  if (!address) return false;
  return std::ranges::any_of(networks_, [&](const Network& network) {
    const int whole = network.bits / 8, rest = network.bits % 8;
    if (!std::equal(address->begin(), address->begin() + whole, network.address.begin())) return false;
    return rest == 0 || ((*address)[whole] ^ network.address[whole]) >> (8 - rest) == 0;
  });
}

std::string TrustedProxies::ClientOf(std::string_view connected,
                                     std::span<const std::string_view> forwarded_for) const {
  std::string_view client = connected;
  for (size_t i = forwarded_for.size(); i-- > 0;) {
    for (std::string_view value = forwarded_for[i]; Trusts(client);) {
      const size_t comma = value.rfind(',');
      const std::string_view last = WithoutPort(Trim(comma == value.npos ? value : value.substr(comma + 1)));
      if (!ParseAddress(last)) return Plain(client);
      client = last;
      if (comma == value.npos) break;
      value = value.substr(0, comma);
    }
  }
  return Plain(client);
}

}  // namespace tomada
