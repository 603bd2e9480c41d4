// The grpc.health.v1.Health service, answered from the host's readiness, for any transport to offer.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include <grpc/health/v1/health.pb.h>

#include "tomada/readiness.h"
#include "tomada/service.h"
#include "tomada/wait.h"

namespace tomada::rpc {

// "" is the transport with everything it uses; a service is ready when its provider is, with everything that one
// uses. Not serving while the host is not, and once the server drains.
class HealthService {
 public:
  // `transport` is the id of the component that offers it.
  HealthService(std::shared_ptr<ReadinessBoard> board, std::string transport);

  // `service` is offered by component `provider`. Before Start.
  void Add(std::string service, std::string provider);
  // From now on watchers hear of changes.
  void Start();
  // The server drains: not serving; watches are told and then ended with UNAVAILABLE, so that the clients ask elsewhere
  // and the drain need not wait for them. May be called twice.
  void Stop();

  // `this` outlives it.
  Service Describe();

 private:
  using Request = grpc::health::v1::HealthCheckRequest;
  using Response = grpc::health::v1::HealthCheckResponse;

  Task<absl::Status> Check(Call& call, const Request& request, Response& response);
  Task<absl::Status> Watch(Call& call, const Request& request, Writer<Response> responses);
  Response::ServingStatus StatusOf(const std::string& service) const;
  std::shared_ptr<Event> NextChange();
  void Changed();

  const std::shared_ptr<ReadinessBoard> board_;
  std::map<std::string, std::string> providers_;  // by service
  std::atomic<bool> stopped_{false};
  std::mutex mutex_;
  std::shared_ptr<Event> next_change_ = std::make_shared<Event>();  // guarded by mutex_; each change has its own
  std::shared_ptr<void> subscription_;
};

}  // namespace tomada::rpc
