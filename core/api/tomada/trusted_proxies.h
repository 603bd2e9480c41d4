// Whose word counts for where a client is.
#ifndef TOMADA_TRUSTED_PROXIES_H_
#define TOMADA_TRUSTED_PROXIES_H_

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>

namespace tomada {

// Addresses and networks of proxies, for transports. A proxy appends who has connected to it to X-Forwarded-For, behind
// what it was sent; so what a proxy that is not trusted has left of its value is as good as invented.
class TrustedProxies {
 public:
  // None.
  TrustedProxies() = default;
  // Of "192.0.2.1", "10.0.0.0/8", "2001:db8::/32", and "unix" for connections without an address. INVALID_ARGUMENT
  // names the first that is none of these, by its number: what stands there may have come from the environment.
  static absl::StatusOr<TrustedProxies> Parse(const std::vector<std::string>& networks);

  // Of an address in text; false for anything else.
  bool Trusts(std::string_view address) const;

  // The client's address: `connected`, the one at the other end of the connection, unless that is a trusted proxy; then
  // the last one that it and the trusted proxies before it tell of. `forwarded_for` are the values of the
  // X-Forwarded-For headers in their order. What is no address ends the search.
  std::string ClientOf(std::string_view connected, std::span<const std::string_view> forwarded_for) const;

 private:
  using Address = std::array<uint8_t, 16>;  // IPv4 as ::ffff:0:0/96
  struct Network {
    Address address;
    int bits;
  };
  static std::optional<Address> ParseAddress(std::string_view text);

  std::vector<Network> networks_;
  bool unix_ = false;
};

}  // namespace tomada

#endif  // TOMADA_TRUSTED_PROXIES_H_
