// The part of the config that is looked at for each connection, in the clock's own units.
#pragma once

#include <chrono>
#include <cstddef>

namespace tomada::pistache_http {

struct Limits {
  using Duration = std::chrono::steady_clock::duration;

  int max_connections;           // of the whole server
  int max_connections_per_peer;  // 0: no limit
  size_t max_pipelined;
  size_t max_header_size;
  size_t max_body_size;
  Duration header_timeout;
  Duration body_timeout;
  Duration idle_timeout;
  Duration write_timeout;
  Duration drain_linger;
};

}  // namespace tomada::pistache_http
