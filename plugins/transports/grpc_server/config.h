#pragma once

#include <string>
#include <vector>

#include "tomada/config.h"

namespace tomada::grpc_server {

struct Config : ConfigKeys<Config> {
  HostPort listen = Key("listen", &Config::listen, {"127.0.0.1", 50051})
                        .Claims(Claim::kPort)
                        .Help("Address to bind. Port 0 picks a free one; the log names it.");
  bool expose_internal =
      Key("expose_internal", &Config::expose_internal, false)
          .Help("Offer internal services, such as admin, on an address that other machines can reach.");
  std::vector<std::string> trusted_proxies =
      Key("trusted_proxies", &Config::trusted_proxies)
          .Help(
              "Addresses and networks, such as 10.0.0.0/8, and `unix` for those without one: their x-forwarded-for is "
              "believed. `grpc_client` of a front end sends it.");
  bool reflection =
      Key("reflection", &Config::reflection, true).Help("Tells clients which services and types there are.");
  int workers = Key("workers", &Config::workers, 0)
                    .Range(0, 256)
                    .Help("Threads on which handlers run; 0 means one for each two cores.");
  ByteSize max_message_size = Key("max_message_size", &Config::max_message_size, {4 << 20})
                                  .Range(ByteSize{1024}, ByteSize{1 << 30})
                                  .Help("The largest request; a larger one is refused with RESOURCE_EXHAUSTED.");
  int max_concurrent_streams = Key("max_concurrent_streams", &Config::max_concurrent_streams, 128)
                                   .Range(1, 100000)
                                   .Help("Calls at once on one connection; a client queues the rest.");
  int max_concurrent_calls =
      Key("max_concurrent_calls", &Config::max_concurrent_calls, 10000)
          .Range(1, 1000000)
          .Help("Calls at once over all connections; more are refused with RESOURCE_EXHAUSTED at once.");
  absl::Duration default_deadline = Key("default_deadline", &Config::default_deadline, absl::Seconds(30))
                                        .Range(absl::Milliseconds(1), absl::Hours(24))
                                        .Help("How long a call may take when its client sets no deadline.");
  absl::Duration max_deadline = Key("max_deadline", &Config::max_deadline, absl::Minutes(10))
                                    .Range(absl::Milliseconds(1), absl::Hours(24))
                                    .Help("How long a call may take whatever its client asks for.");
  absl::Duration keepalive_time = Key("keepalive_time", &Config::keepalive_time, absl::Minutes(1))
                                      .Range(absl::Seconds(1), absl::Hours(24))
                                      .Help("A connection without traffic for this long is pinged.");
  absl::Duration keepalive_timeout = Key("keepalive_timeout", &Config::keepalive_timeout, absl::Seconds(20))
                                         .Range(absl::Seconds(1), absl::Hours(24))
                                         .Help("A ping that stays unanswered for this long closes the connection.");
  absl::Duration min_ping_interval = Key("min_ping_interval", &Config::min_ping_interval, absl::Seconds(10))
                                         .Range(absl::ZeroDuration(), absl::Hours(24))
                                         .Help("Clients that ping more often are sent away.");
  absl::Duration max_connection_idle =
      Key("max_connection_idle", &Config::max_connection_idle, absl::ZeroDuration())
          .Range(absl::ZeroDuration(), absl::Hours(24))
          .Help("A connection without calls for this long is closed, gracefully; 0s: never. Costs each call a little.");

  absl::Status Check() const;
};

}  // namespace tomada::grpc_server
