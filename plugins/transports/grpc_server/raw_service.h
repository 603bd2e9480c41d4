// Services that gRPC learns of at run time.
#pragma once

#include <deque>
#include <map>
#include <string>

#include <grpcpp/impl/service_type.h>

#include <absl/status/status.h>

#include "server_call.h"
#include "tomada/service.h"

namespace tomada::grpc_server {

// A grpc::Service whose methods are raw callback handlers: what generated code registers, with bytes instead of
// messages. It outlives the grpc::Server that it is registered with.
class RawService final : public grpc::Service {
 public:
  // `environment` outlives it.
  explicit RawService(CallEnvironment& environment) : environment_(environment) {}

  // `service` outlives this. ALREADY_EXISTS names `owner` and who has offered the service before.
  absl::Status Add(const tomada::Service& service, const std::string& owner, CallLimit limit = CallLimit::kConfigured);

 private:
  void AddUnary(const Method& method);
  void AddStreaming(const Method& method, CallLimit limit);
  ServedMethod& AddServed(const Method& method);
  int AddPath(std::string path, grpc::internal::RpcMethod::RpcType type);

  CallEnvironment& environment_;
  std::deque<std::string> paths_;              // gRPC keeps pointers to them
  std::map<std::string, std::string> owners_;  // by service
  std::deque<ServedMethod> served_;
};

}  // namespace tomada::grpc_server
