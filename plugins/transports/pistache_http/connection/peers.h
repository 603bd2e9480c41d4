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

  // One connection's share, given back with it. The Peers outlive it.
  class Place {
   public:
    Place() = default;
    Place(Peers& peers, std::string peer) : peers_(&peers), peer_(std::move(peer)) {}
    Place(Place&& other) noexcept : peers_(std::exchange(other.peers_, nullptr)), peer_(std::move(other.peer_)) {}
    ~Place() {
      if (peers_) peers_->Leave(peer_);
    }

   private:
    Peers* peers_ = nullptr;
    std::string peer_;
  };

  // False when the address has as many as it may; then `place` stays empty.
  struct Entry {
    bool admitted = true;
    Place place;
  };
  Entry Enter(const sockaddr_storage& address);

 private:
  void Leave(const std::string& peer);

  const int max_;
  std::mutex mutex_;
  std::unordered_map<std::string, int> connections_;  // guarded by mutex_
};

}  // namespace tomada::pistache_http
