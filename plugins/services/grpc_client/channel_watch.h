// Keeps channels connected and reports whether any of them is.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <random>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <grpcpp/completion_queue.h>

#include "remote.h"
#include "tomada/log.h"
#include "tomada/readiness.h"

namespace tomada::grpc_client {

// One thread. Reports ready while a server is connected, and not ready, with the causes and the time of the next
// attempt, once it has failed to connect to each of them. A lost connection is not reported when it is back at the next
// attempt. gRPC connects again only when it is asked to: this thread does so, after pauses of its own, since gRPC does
// not tell when it would try. They grow as gRPC's do ("GRPC Connection Backoff Protocol").
class ChannelWatch {
 public:
  // Called on the thread each time that a server becomes connected after the start. Returns soon when `stop` is
  // requested.
  using OnConnected = std::function<void(Backend& backend, std::stop_token stop)>;

  // `remote` outlives it. Reports not ready until there is a connection.
  ChannelWatch(Remote& remote, std::chrono::nanoseconds max_backoff, StatusReporter status, Logger log,
               OnConnected on_connected);
  // Takes a fifth of a second at most.
  ~ChannelWatch();
  ChannelWatch(const ChannelWatch&) = delete;
  ChannelWatch& operator=(const ChannelWatch&) = delete;

 private:
  using Clock = std::chrono::steady_clock;

  struct Watched {
    explicit Watched(Backend* backend) : backend(backend) {}

    Backend* backend;
    std::string cause = "connecting";           // why it is not connected; empty when it is
    Clock::duration pause{};                    // before the next attempt
    std::optional<Clock::time_point> next_try;  // after a failed attempt
  };

  struct Reported {
    bool operator==(const Reported&) const = default;

    std::string causes;  // why not ready; empty when ready
    std::optional<Clock::time_point> next_try;
  };

  void Run();
  // Whether it has been connected since the last look.
  bool Look(Watched& watched);
  // After a failed attempt: makes the next one if it is due, and says when the one after that will be.
  void TryAgain(Watched& watched);
  // Reports when what there is to say has changed.
  void Report();
  // Puts it into the queue as soon as its channel changes or its next attempt is due, at the latest in a fifth of a
  // second.
  void Await(Watched& watched);

  const std::chrono::nanoseconds max_backoff_;
  const StatusReporter status_;
  const Logger log_;
  const OnConnected on_connected_;
  // For the thread.
  std::vector<Watched> watched_;
  std::optional<Reported> reported_;
  std::mt19937 random_{std::random_device()()};
  grpc::CompletionQueue changes_;
  std::stop_source stop_;
  std::thread thread_;
};

}  // namespace tomada::grpc_client
