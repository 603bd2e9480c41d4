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

Peers::Place Peers::Enter(const sockaddr_storage& address) {
  if (max_ == 0) return Place(Verdict::kAdmitted);
  std::string peer = KeyOf(address);
  if (peer.empty()) return Place(Verdict::kAdmitted);
  std::lock_guard lock(mutex_);
  Counts& counts = counts_[peer];
  if (counts.admitted < max_) {
    ++counts.admitted;
    return Place(*this, std::move(peer), Verdict::kAdmitted);
  }
  if (counts.refused >= kMaxRefused) return Place(Verdict::kDropped);
  ++counts.refused;
  return Place(*this, std::move(peer), Verdict::kRefused);
}

void Peers::Leave(const Place& place) {
  std::lock_guard lock(mutex_);
  const auto found = counts_.find(place.peer_);
  Counts& counts = found->second;
  --(place.verdict_ == Verdict::kAdmitted ? counts.admitted : counts.refused);
  if (counts.admitted == 0 && counts.refused == 0) counts_.erase(found);
}

}  // namespace tomada::pistache_http
