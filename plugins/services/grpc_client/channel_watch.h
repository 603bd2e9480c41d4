// Keeps a channel connected and reports whether it is.
#pragma once

#include <atomic>
#include <thread>

#include "remote.h"
#include "tomada/log.h"
#include "tomada/readiness.h"

namespace tomada::grpc_client {

// One thread. Reports ready when the channel is connected; not ready, with the cause, when an attempt has failed. A
// connection that the server closes and that is back at once is no news. From not ready it finds back by itself: gRPC
// connects again only when somebody asks, and this one asks.
class ChannelWatch {
 public:
  // `remote` outlives it. Reports not ready until the first connection.
  ChannelWatch(Remote& remote, StatusReporter status, Logger log);
  // Takes a fifth of a second at most.
  ~ChannelWatch();
  ChannelWatch(const ChannelWatch&) = delete;
  ChannelWatch& operator=(const ChannelWatch&) = delete;

 private:
  void Run();
  void Connected();
  void Failed();

  Remote& remote_;
  const StatusReporter status_;
  const Logger log_;
  std::string reported_;  // why not ready; empty when ready
  std::atomic<bool> stopped_{false};
  std::thread thread_;
};

}  // namespace tomada::grpc_client
