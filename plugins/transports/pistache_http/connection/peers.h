// How many connections each client address has.
#pragma once

#include <sys/socket.h>

#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

namespace tomada::pistache_http {

// Thread-safe. An IPv6 client is its /64, which one host commonly has all of (RFC 6177); an IPv4 client the same
// whichever family its socket has. Clients without an address, of Unix sockets, are not counted.
class Peers {
 public:
  // `max` connections for each address; 0: as many as it likes, and nothing is counted.
  explicit Peers(int max) : max_(max) {}

  enum class Verdict {
    kAdmitted,
    kRefused,  // the address has as many as it may: to be told so
    kDropped,  // so many that were refused are still there that not even that is worth a connection
  };
  static constexpr int kMaxRefused = 16;  // of one address, at once

  // One connection's share, given back with it. The Peers outlive it.
  class Place {
   public:
    explicit Place(Verdict verdict) : verdict_(verdict) {}
    Place(Peers& peers, std::string peer, Verdict verdict)
        : peers_(&peers), peer_(std::move(peer)), verdict_(verdict) {}
    Place(Place&& other) noexcept
        : peers_(std::exchange(other.peers_, nullptr)), peer_(std::move(other.peer_)), verdict_(other.verdict_) {}
    ~Place() {
      if (peers_) peers_->Leave(*this);
    }
    Verdict verdict() const { return verdict_; }

   private:
    friend Peers;
    Peers* peers_ = nullptr;
    std::string peer_;
    Verdict verdict_;
  };

  Place Enter(const sockaddr_storage& address);

 private:
  struct Counts {
    int admitted = 0, refused = 0;
  };

  void Leave(const Place& place);

  const int max_;
  std::mutex mutex_;
  std::unordered_map<std::string, Counts> counts_;  // guarded by mutex_; none is zero
};

}  // namespace tomada::pistache_http
