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
  if (absl::Status admitted = Admit(); !admitted.ok()) return Complete(admitted);
  Spawn(Serve(bytes), [this](const absl::Status& status) { Answer(status); });
}

Task<absl::Status> UnaryCall::Serve(const grpc::ByteBuffer& bytes) {
  Hop to_executor(executor());
  co_await to_executor;
  const DeadlineWatch watch(*this);
  Message* request = method_.request_prototype->New(&arena_);
  if (absl::Status parsed = ParseMessage(bytes, *request); !parsed.ok()) co_return parsed;
  response_ = method_.response_prototype->New(&arena_);
  co_return co_await InvokeUnary(method_, *this, environment().log, *request, *response_);
}

void UnaryCall::Answer(const absl::Status& status) {
  if (status.ok()) SerializeMessage(*response_, response_bytes_);
  Complete(status);
}

}  // namespace tomada::grpc_server
