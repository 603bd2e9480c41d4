#include "echo_service.h"

#include <gtest/gtest.h>

#include "test_service.h"

namespace tomada::pistache_http {
namespace {

using google::protobuf::Message;
using google::protobuf::MessageFactory;
using google::protobuf::MethodDescriptor;

Task<absl::Status> Echo(Call&, const Message& request, Message& response) {
  response.CopyFrom(request);
  co_return absl::OkStatus();
}

Task<absl::Status> EchoThreeTimes(absl::Status end, const Message& request, MessageWriter& responses) {
  for (int i = 0; i < 3; ++i) {
    if (absl::Status status = co_await responses.Write(request); !status.ok()) co_return status;
  }
  co_return end;
}

}  // namespace

EchoService::EchoService(const google::protobuf::ServiceDescriptor& descriptor) {
  Service& service = services_.emplace_back();
  service.descriptor = &descriptor;
  for (int i = 0; i < descriptor.method_count(); ++i) {
    const MethodDescriptor* method = descriptor.method(i);
    auto* factory = MessageFactory::generated_factory();
    Method& added = service.methods.emplace_back();
    added.descriptor = method;
    added.request_prototype = factory->GetPrototype(method->input_type());
    added.response_prototype = factory->GetPrototype(method->output_type());
    if (method->server_streaming()) {
      absl::Status end = method->name() == "Failing" ? absl::AbortedError("failing") : absl::OkStatus();
      added.handler = ServerStreamingHandler([end](Call&, const Message& request, MessageWriter& responses) {
        return EchoThreeTimes(end, request, responses);
      });
    } else {
      added.handler = UnaryHandler(Echo);
    }
  }
}

EchoServer::EchoServer(const google::protobuf::ServiceDescriptor& descriptor,
                       const std::function<void(Config&)>& change)
    : service_(descriptor) {
  Config config;
  config.listen.port = 0;
  config.workers = 1;
  change(config);
  server_ = std::make_unique<Server>(config, Server::Providers{{"echo", &service_}}, QuietLogger());
  absl::Status started = server_->Start();
  EXPECT_TRUE(started.ok()) << started;
}

}  // namespace tomada::pistache_http
