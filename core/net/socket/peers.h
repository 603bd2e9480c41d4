// How many connections each client address has.
#pragma once

#include <sys/socket.h>

#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

#include "tomada/trusted_proxies.h"

namespace tomada::net {

// Thread-safe. An IPv6 client is its /64, which one host commonly has all of (RFC 6177); an IPv4 client the same
// whichever family its socket has. Clients without an address, of Unix sockets, are not counted.
class Peers {
 public:
  enum class Local { kCounted, kExempt };

  // `max` connections for each address. Trusted proxies are exempt, behind which are many clients; this machine's own
  // addresses may be.
  Peers(int max, Local local, TrustedProxies proxies = {}) : max_(max), local_(local), proxies_(std::move(proxies)) {}

  enum class Verdict {
    kAdmitted,
    kRefused,  // the address has as many as it may: to be told so
    kDropped,  // so many that were refused are still there that not even that is worth a connection
  };
  static constexpr int kMaxRefused = 16;  // of one address, at once

  // One connection's share, given back with it. The Peers outlive it.
  class Slot {
   public:
    explicit Slot(Verdict verdict) : verdict_(verdict) {}
    Slot(Peers& peers, std::string peer, Verdict verdict) : peers_(&peers), peer_(std::move(peer)), verdict_(verdict) {}
    Slot(Slot&& other) noexcept
        : peers_(std::exchange(other.peers_, nullptr)), peer_(std::move(other.peer_)), verdict_(other.verdict_) {}
    ~Slot() {
      if (peers_) peers_->Leave(*this);
    }
    Verdict verdict() const { return verdict_; }

   private:
    friend Peers;
    Peers* peers_ = nullptr;
    std::string peer_;
    Verdict verdict_;
  };

  Slot Enter(const sockaddr_storage& address);

 private:
  struct Counts {
    int admitted = 0, refused = 0;
  };

  void Leave(const Slot& slot);

  const int max_;
  const Local local_;
  const TrustedProxies proxies_;
  std::mutex mutex_;
  std::unordered_map<std::string, Counts> counts_;  // guarded by mutex_; none is zero
};

// 127.0.0.0/8 or ::1.
bool IsLoopback(const sockaddr_storage& address);
// "192.0.2.1", "2001:db8::1"; "unix" for what has no address.
std::string AddressText(const sockaddr_storage& address);
// Of a socket's other end.
std::string PeerOf(int fd);

}  // namespace tomada::net
