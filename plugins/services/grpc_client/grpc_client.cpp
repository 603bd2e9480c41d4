#include "grpc_client.h"

#include <utility>

#include "credentials.h"

namespace tomada::grpc_client {

using google::protobuf::Message;

GrpcClient::GrpcClient(const Context& context)
    : config_(context.config<Config>()), log_(context.logger()), status_(context.status()) {}

absl::Status GrpcClient::Start() {
  auto credentials = MakeCredentials(config_);
  if (!credentials.ok()) return credentials.status();
  remote_ = std::make_unique<Remote>(config_, *credentials);
  discovery_ = std::make_unique<Discovery>(config_, *remote_, log_);
  absl::StatusOr<std::unique_ptr<DescriptorSet>> descriptors = discovery_->Find();
  if (!descriptors.ok()) return descriptors.status();
  descriptors_ = *std::move(descriptors);
  auto services = descriptors_->Services(config_.services);
  if (!services.ok()) return services.status();
  for (const google::protobuf::ServiceDescriptor* service : *services) services_.push_back(Describe(*service));
  watch_ = std::make_unique<ChannelWatch>(*remote_, status_, log_, [this](Backend& backend, std::stop_token stop) {
    discovery_->Compare(backend, std::move(stop));
  });
  return absl::OkStatus();
}

// Whoever calls has been stopped before, so no call is left.
absl::Status GrpcClient::Stop(Deadline) {
  watch_.reset();
  return absl::OkStatus();
}

Service GrpcClient::Describe(const google::protobuf::ServiceDescriptor& descriptor) {
  Service service;
  service.descriptor = &descriptor;
  for (int i = 0; i < descriptor.method_count(); ++i) {
    Method method;
    method.descriptor = descriptor.method(i);
    method.request_prototype = descriptors_->Prototype(*method.descriptor->input_type());
    method.response_prototype = descriptors_->Prototype(*method.descriptor->output_type());
    Remote& remote = *remote_;
    RemoteMethod target(*method.descriptor);
    if (method.descriptor->client_streaming()) {
      // Left unimplemented.
    } else if (method.descriptor->server_streaming()) {
      const Message& answer = *method.response_prototype;
      method.handler = ServerStreamingHandler(
          [&remote, &answer, target](Call& call, const Message& request, MessageWriter& responses) {
            return remote.CallServerStreaming(target, call, request, answer, responses);
          });
    } else {
      method.handler = UnaryHandler([&remote, target](Call& call, const Message& request, Message& response) {
        return remote.CallUnary(target, call, request, response);
      });
    }
    service.methods.push_back(std::move(method));
  }
  return service;
}

}  // namespace tomada::grpc_client
