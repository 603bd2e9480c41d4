// The component: services whose methods are calls to another process.
#pragma once

#include <memory>
#include <vector>

#include "config.h"
#include "descriptor_set.h"
#include "discovery.h"
#include "remote.h"
#include "tomada/context.h"
#include "tomada/service.h"
#include "watch.h"

namespace tomada::grpc_client {

class GrpcClient final : public ServiceProvider {
 public:
  explicit GrpcClient(const Context& context);

  // Reads the descriptor set and begins to connect. An error names the file. A server that is away is none: the
  // component reports itself not ready until it is there.
  //
  // By reflection it waits for the server, as what it offers must be known when it returns: see Discovery::Find.
  absl::Status Start() override;
  absl::Status Stop(Deadline grace) override;

  const std::vector<Service>& services() const override { return services_; }

 private:
  Service Describe(const google::protobuf::ServiceDescriptor& service);
  decltype(Method::handler) Forward(const RemoteMethod& target, const Method& method);

  const Config& config_;
  const Logger log_;
  const StatusReporter status_;
  std::unique_ptr<Remote> remote_;
  std::unique_ptr<Discovery> discovery_;
  std::unique_ptr<DescriptorSet> descriptors_;
  std::vector<Service> services_;
  std::unique_ptr<Watch> watch_;
};

}  // namespace tomada::grpc_client
