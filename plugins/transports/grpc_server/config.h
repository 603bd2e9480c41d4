#pragma once

#include "tomada/config.h"

namespace tomada::grpc_server {

struct Config {
  HostPort listen{"127.0.0.1", 50051};
  bool expose_internal = false;
  bool reflection = true;
  ByteSize max_message_size{4 << 20};
  int max_concurrent_streams = 128;
  int max_concurrent_calls = 10000;
  absl::Duration default_deadline = absl::Seconds(30);
  absl::Duration max_deadline = absl::Minutes(10);
  absl::Duration keepalive_time = absl::Minutes(1);
  absl::Duration keepalive_timeout = absl::Seconds(20);
  absl::Duration min_ping_interval = absl::Seconds(10);
  absl::Duration max_connection_idle = absl::ZeroDuration();

  static void Describe(ConfigDescription<Config>& d) {
    const absl::Duration most = absl::Hours(24);
    d.Field("listen", &Config::listen).Help("Address to bind. Port 0 picks a free one; the log names it.");
    d.Field("expose_internal", &Config::expose_internal)
        .Help("Offer internal services, such as admin, on an address that other machines can reach.");
    d.Field("reflection", &Config::reflection).Help("Tells clients which services and types there are.");
    d.Field("max_message_size", &Config::max_message_size)
        .Range(ByteSize{1024}, ByteSize{1 << 30})
        .Help("The largest request; a larger one is refused with RESOURCE_EXHAUSTED.");
    d.Field("max_concurrent_streams", &Config::max_concurrent_streams)
        .Range(1, 100000)
        .Help("Calls at once on one connection; a client queues the rest.");
    d.Field("max_concurrent_calls", &Config::max_concurrent_calls)
        .Range(1, 1000000)
        .Help("Calls at once over all connections; more are refused with RESOURCE_EXHAUSTED at once.");
    d.Field("default_deadline", &Config::default_deadline)
        .Range(absl::Milliseconds(1), most)
        .Help("How long a call may take when its client sets no deadline.");
    d.Field("max_deadline", &Config::max_deadline)
        .Range(absl::Milliseconds(1), most)
        .Help("How long a call may take whatever its client asks for.");
    d.Field("keepalive_time", &Config::keepalive_time)
        .Range(absl::Seconds(1), most)
        .Help("A connection without traffic for this long is pinged.");
    d.Field("keepalive_timeout", &Config::keepalive_timeout)
        .Range(absl::Seconds(1), most)
        .Help("A ping that stays unanswered for this long closes the connection.");
    d.Field("min_ping_interval", &Config::min_ping_interval)
        .Range(absl::ZeroDuration(), most)
        .Help("Clients that ping more often are sent away.");
    d.Field("max_connection_idle", &Config::max_connection_idle)
        .Range(absl::ZeroDuration(), most)
        .Help("A connection without calls for this long is closed, gracefully; 0s: never. Costs each call a little.");
  }
};

}  // namespace tomada::grpc_server
