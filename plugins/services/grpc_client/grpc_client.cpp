#include "grpc_client.h"

#include <utility>

#include "net/tls/context.h"

namespace tomada::grpc_client {

using google::protobuf::Message;

GrpcClient::GrpcClient(const Context& context)
    : config_(context.config<Config>()), log_(context.logger()), status_(context.status()) {}

absl::Status GrpcClient::Start() {
  std::unique_ptr<net::TlsClientContext> tls;
  if (config_.tls_enabled) {
    auto made = net::TlsClientContext::Make(
        {{"tls.ca", config_.tls_ca}, {"tls.certificate", config_.tls_certificate}, {"tls.key", config_.tls_key}});
    if (!made.ok()) return made.status();
    tls = *std::move(made);
  }
  remote_ = std::make_unique<Remote>(config_, std::move(tls), log_);
  discovery_ = std::make_unique<Discovery>(config_, *remote_, log_);
  absl::StatusOr<std::unique_ptr<DescriptorSet>> descriptors = discovery_->Find();
  if (!descriptors.ok()) return descriptors.status();
  descriptors_ = *std::move(descriptors);
  auto services = descriptors_->Services(config_.services);
  if (!services.ok()) return services.status();
  for (const google::protobuf::ServiceDescriptor* service : *services) services_.push_back(Describe(*service));
  watch_ = std::make_unique<Watch>(
      remote_->wire(), status_, log_,
      [this](const Backend& backend, std::stop_token stop) { discovery_->Compare(backend, std::move(stop)); });
  return absl::OkStatus();
}

// Whoever calls has been stopped before, so no call is left.
absl::Status GrpcClient::Stop(Deadline) {
  watch_.reset();
  if (remote_) remote_->Stop();
  return absl::OkStatus();
}

decltype(Method::handler) GrpcClient::Forward(const RemoteMethod& target, const Method& method) {
  Remote& remote = *remote_;
  const Message& request_type = *method.request_prototype;
  const Message& response_type = *method.response_prototype;
  const bool many_requests = method.descriptor->client_streaming();
  const bool many_responses = method.descriptor->server_streaming();
  if (many_requests && many_responses) {
    return BidiStreamingHandler([&, target](Call& call, MessageReader& requests, MessageWriter& responses) {
      return remote.CallBidiStreaming(target, call, request_type, response_type, requests, responses);
    });
  }
  if (many_requests) {
    return ClientStreamingHandler([&, target](Call& call, MessageReader& requests, Message& response) {
      return remote.CallClientStreaming(target, call, request_type, requests, response);
    });
  }
  if (many_responses) {
    return ServerStreamingHandler([&, target](Call& call, const Message& request, MessageWriter& responses) {
      return remote.CallServerStreaming(target, call, request, response_type, responses);
    });
  }
  return UnaryHandler([&remote, target](Call& call, const Message& request, Message& response) {
    return remote.CallUnary(target, call, request, response);
  });
}

Service GrpcClient::Describe(const google::protobuf::ServiceDescriptor& descriptor) {
  Service service;
  service.descriptor = &descriptor;
  for (int i = 0; i < descriptor.method_count(); ++i) {
    Method method;
    method.descriptor = descriptor.method(i);
    method.request_prototype = descriptors_->Prototype(*method.descriptor->input_type());
    method.response_prototype = descriptors_->Prototype(*method.descriptor->output_type());
    method.handler = Forward(RemoteMethod(*method.descriptor), method);
    service.methods.push_back(std::move(method));
  }
  return service;
}

}  // namespace tomada::grpc_client
