#include "connection/peers.h"

#include <netinet/in.h>

#include <string_view>

namespace tomada::pistache_http {
namespace {

constexpr size_t kPrefixBytes = 8;  // of an IPv6 address

std::string_view BytesOf(const auto& value) { return {reinterpret_cast<const char*>(&value), sizeof value}; }

// Empty for what has no address.
std::string KeyOf(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) {
    return std::string(BytesOf(reinterpret_cast<const sockaddr_in&>(address).sin_addr));
  }
  if (address.ss_family != AF_INET6) return {};
  const in6_addr& name = reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
  const std::string_view bytes = BytesOf(name);
  return std::string(IN6_IS_ADDR_V4MAPPED(&name) ? bytes.substr(bytes.size() - sizeof(in_addr))
                                                 : bytes.substr(0, kPrefixBytes));
}

}  // namespace

Peers::Entry Peers::Enter(const sockaddr_storage& address) {
  Entry entry;
  if (max_ == 0) return entry;
  std::string peer = KeyOf(address);
  if (peer.empty()) return entry;
  std::lock_guard lock(mutex_);
  int& connections = connections_[peer];
  entry.admitted = connections < max_;
  if (!entry.admitted) return entry;
  ++connections;
  return Entry{true, Place(*this, std::move(peer))};
}

void Peers::Leave(const std::string& peer) {
  std::lock_guard lock(mutex_);
  const auto found = connections_.find(peer);
  if (--found->second == 0) connections_.erase(found);
}

}  // namespace tomada::pistache_http
