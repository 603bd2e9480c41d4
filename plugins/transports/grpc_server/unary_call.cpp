#include "unary_call.h"

namespace tomada::grpc_server {

using google::protobuf::Message;

grpc::ServerUnaryReactor* UnaryCall::Begin(const Method& method, CallEnvironment& environment, ServedMethod& served,
                                           grpc::CallbackServerContext& context, const grpc::ByteBuffer& request,
                                           grpc::ByteBuffer& response) {
  auto* call = new UnaryCall(method, environment, served, context, response);
  call->Run(request);
  return call;  // still there: OnDone comes after gRPC has the reactor
}

UnaryCall::UnaryCall(const Method& method, CallEnvironment& environment, ServedMethod& served,
                     grpc::CallbackServerContext& context, grpc::ByteBuffer& response)
    : ServerCall(environment, served, context, CallLimit::kConfigured),
      method_(method),
      response_bytes_(response),
      arena_(block_, sizeof block_) {}

void UnaryCall::Run(const grpc::ByteBuffer& bytes) {
  if (absl::Status admitted = Admit(); !admitted.ok()) return Answer(admitted, nullptr);
  Message* request = method_.request_prototype->New(&arena_);
  if (absl::Status parsed = ParseMessage(bytes, *request); !parsed.ok()) return Answer(parsed, nullptr);
  Message* response = method_.response_prototype->New(&arena_);
  Spawn(InvokeUnary(method_, *this, environment().log, *request, *response),
        [this, response](const absl::Status& status) { Answer(status, response); });
  Started();
}

void UnaryCall::Answer(const absl::Status& status, const Message* response) {
  if (status.ok()) SerializeMessage(*response, response_bytes_);
  Complete(status);
}

}  // namespace tomada::grpc_server
