// Networks that belong to a test alone, so that it may take them apart: Linux' network namespaces.
#pragma once

#include <string>

#include "tomada/unique_fd.h"

namespace tomada::testing {

// Takes the thread that calls it, and all that it starts, out of the machine's network into one of its own, which has
// only a loopback. Names are looked up at 127.0.0.1 port 53 there (NameServer); localhost has two addresses. Called in
// main, before there are other threads. Empty when done; otherwise why the machine does not allow it.
std::string EnterPrivateNetwork();

// Another such network, joined to that of the test by a cable.
class FarNetwork {
 public:
  // Addresses of the two ends of the cable.
  static constexpr char kNear[] = "10.77.0.1";
  static constexpr char kFar[] = "10.77.0.2";
  // On the way to them as well, and not there: packets are lost in silence.
  static constexpr char kNobody[] = "10.77.0.3";

  // After EnterPrivateNetwork. Throws std::runtime_error when it cannot be made.
  FarNetwork();
  ~FarNetwork();
  FarNetwork(const FarNetwork&) = delete;
  FarNetwork& operator=(const FarNetwork&) = delete;

  // Packets are lost in silence, both ways, until Join.
  void Cut();
  void Join();

  // While it lives, the thread that made it is in the far network: sockets, threads and processes that it starts stay
  // there for good.
  class Visit {
   public:
    explicit Visit(const FarNetwork& network);
    ~Visit();
    Visit(const Visit&) = delete;
    Visit& operator=(const Visit&) = delete;

   private:
    UniqueFd home_;
  };

 private:
  UniqueFd far_;
};

}  // namespace tomada::testing
