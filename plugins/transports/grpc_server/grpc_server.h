// The component: a gRPC server for the services of other components.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include "config.h"
#include "raw_service.h"
#include "rpc/services/health.h"
#include "rpc/services/reflection.h"
#include "server_call.h"
#include "tomada/context.h"
#include "tomada/service.h"

namespace tomada::grpc_server {

class GrpcServer final : public Component, public Drainable {
 public:
  explicit GrpcServer(const Context& context);
  ~GrpcServer() override;

  // Registers the services and binds. Logs "listening" with the address and the port it got.
  // ALREADY_EXISTS when two components offer one service; FAILED_PRECONDITION when the address cannot be bound.
  absl::Status Start() override;
  // Says GOAWAY on every connection. Calls that came in before are answered. One that a client sends in the instant
  // before it reads the GOAWAY may be cancelled by gRPC; see drain_gate.h for how rare that is made.
  void Drain() override;
  // Streams that are open at the grace end with UNAVAILABLE. What is left a moment later is cut.
  absl::Status Stop(Deadline grace) override;

  // "127.0.0.1:50051", with the port it got; empty before Start.
  const std::string& address() const { return address_; }

 private:
  using Providers = std::vector<std::pair<std::string, ServiceProvider*>>;

  absl::Status Register();
  absl::Status AddService(const tomada::Service& service, const std::string& owner, CallLimit limit);
  void Configure(grpc::ServerBuilder& builder) const;
  void ShutDown();
  void AwaitQuiet() const;

  const Config& config_;
  const std::string id_;
  const Logger log_;
  const Providers providers_;

  CallEnvironment environment_;
  rpc::HealthService health_;
  tomada::Service health_description_;
  rpc::ReflectionService reflection_;
  const std::vector<tomada::Service> reflection_descriptions_;
  RawService service_;
  std::unique_ptr<grpc::Server> server_;
  std::string address_;

  std::mutex mutex_;
  std::condition_variable finished_changed_;
  bool finished_ = false;  // gRPC's server has shut down: no call is left
  std::thread drain_;
};

}  // namespace tomada::grpc_server
