// Keeps channels connected and reports whether any of them is.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <grpcpp/completion_queue.h>

#include "remote.h"
#include "tomada/log.h"
#include "tomada/readiness.h"

namespace tomada::grpc_client {

// One thread. Reports ready while a server is connected; not ready, with the causes, when attempts at all of them have
// failed. A connection that the server closes and that is back at once is no news. From not ready it finds back by
// itself: gRPC connects again only when somebody asks, and this one asks.
class ChannelWatch {
 public:
  // Called on the thread when a server has been connected that was not at the start, or not since; returns soon when
  // `stop` is requested.
  using OnConnected = std::function<void(Backend& backend, std::stop_token stop)>;

  // `remote` outlives it. Reports not ready until there is a connection.
  ChannelWatch(Remote& remote, StatusReporter status, Logger log, OnConnected on_connected);
  // Takes a fifth of a second at most.
  ~ChannelWatch();
  ChannelWatch(const ChannelWatch&) = delete;
  ChannelWatch& operator=(const ChannelWatch&) = delete;

 private:
  struct Watched {
    Backend* backend;
    std::string cause;  // why it is not connected; empty when it is
  };

  void Run();
  // Whether it has been connected since the last look.
  bool Look(Watched& watched);
  // Reports when what there is to say has changed.
  void Report();
  // Puts it into the queue when it changes, and after a fifth of a second.
  void Await(Watched& watched);

  const StatusReporter status_;
  const Logger log_;
  const OnConnected on_connected_;
  std::vector<Watched> watched_;         // for the thread
  std::optional<std::string> reported_;  // why not ready; empty when ready
  grpc::CompletionQueue changes_;
  std::stop_source stop_;
  std::thread thread_;
};

}  // namespace tomada::grpc_client
