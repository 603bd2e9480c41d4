#include "net/socket/peers.h"

#include <netdb.h>
#include <netinet/in.h>

#include <string_view>

namespace tomada::net {
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

Peers::Slot Peers::Enter(const sockaddr_storage& address) {
  if (local_ == Local::kExempt && IsLoopback(address)) return Slot(Verdict::kAdmitted);
  std::string peer = KeyOf(address);
  if (peer.empty() || proxies_.Trusts(AddressText(address))) return Slot(Verdict::kAdmitted);
  std::lock_guard lock(mutex_);
  Counts& counts = counts_[peer];
  if (counts.admitted < max_) {
    ++counts.admitted;
    return Slot(*this, std::move(peer), Verdict::kAdmitted);
  }
  if (counts.refused >= kMaxRefused) return Slot(Verdict::kDropped);
  ++counts.refused;
  return Slot(*this, std::move(peer), Verdict::kRefused);
}

void Peers::Leave(const Slot& slot) {
  std::lock_guard lock(mutex_);
  const auto found = counts_.find(slot.peer_);
  Counts& counts = found->second;
  --(slot.verdict_ == Verdict::kAdmitted ? counts.admitted : counts.refused);
  if (counts.admitted == 0 && counts.refused == 0) counts_.erase(found);
}

bool IsLoopback(const sockaddr_storage& address) {
  constexpr char kNet = 127;
  const std::string key = KeyOf(address);
  if (key.size() == sizeof(in_addr)) return key.front() == kNet;
  return address.ss_family == AF_INET6 &&
         IN6_IS_ADDR_LOOPBACK(&reinterpret_cast<const sockaddr_in6&>(address).sin6_addr);
}

std::string AddressText(const sockaddr_storage& address) {
  char host[NI_MAXHOST] = "";
  const bool known =
      address.ss_family != AF_UNIX && getnameinfo(reinterpret_cast<const sockaddr*>(&address), sizeof address, host,
                                                  sizeof host, nullptr, 0, NI_NUMERICHOST) == 0;
  return known ? host : "unix";
}

std::string PeerOf(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  return getpeername(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0 ? AddressText(address) : "gone";
}

}  // namespace tomada::net
