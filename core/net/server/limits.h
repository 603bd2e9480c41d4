// The part of the config that is looked at for each connection, in the clock's own units.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "tomada/trusted_proxies.h"

namespace tomada::net {

struct Limits {
  using Duration = std::chrono::steady_clock::duration;

  int max_connections;  // of the whole server
  int max_connections_per_peer;
  bool local_peers_exempt;         // from that
  TrustedProxies trusted_proxies;  // as are these
  int max_descriptor;              // the first number of a connection that is not taken any more
  int max_calls;                   // of the whole server
  size_t max_pipelined;
  size_t max_unsent;  // of one worker's connections
  size_t max_header_size;
  size_t max_body_size;
  Duration header_timeout;
  Duration body_timeout;
  Duration idle_timeout;
  std::string keep_alive;  // "Keep-Alive: timeout=74\r\n"; empty: clients are not told
  Duration write_timeout;
  Duration drain_linger;
};

}  // namespace tomada::net
