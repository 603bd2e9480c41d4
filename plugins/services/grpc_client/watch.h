// Reports whether any server is connected, and what is wrong where none is.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "tomada/log.h"
#include "tomada/readiness.h"
#include "wire.h"

namespace tomada::grpc_client {

// One thread. Reports ready while a server is connected, and not ready, with the causes and the time of the next
// attempt, once it has failed to connect to each of them. A lost connection is not reported when it is back at the next
// attempt.
class Watch {
 public:
  // Called on the thread each time that a server becomes connected that was not as far as it was reported. Returns soon
  // when `stop` is requested.
  using OnConnected = std::function<void(const Backend& backend, std::stop_token stop)>;

  // `wire` outlives it. Reports not ready until there is a connection.
  Watch(Wire& wire, StatusReporter status, Logger log, OnConnected on_connected);

 private:
  struct Reported {
    bool operator==(const Reported&) const = default;

    std::string causes;  // why not ready; empty when ready
    std::optional<std::chrono::steady_clock::time_point> next_try;
  };

  void Run(std::stop_token stop);
  // Takes up how `backend` stands now. True when it has become connected.
  bool Take(const Backend& backend, const Backend::Standing& now, Backend::Standing& told);
  // Reports when what there is to say has changed.
  void Report();

  Wire& wire_;
  const StatusReporter status_;
  const Logger log_;
  const OnConnected on_connected_;
  // For the thread.
  std::vector<Backend::Standing> told_;  // of each backend; one that is not connected has a cause
  std::optional<Reported> reported_;
  std::jthread thread_;
};

}  // namespace tomada::grpc_client
