#include "raw_service.h"

#include <utility>

#include <fmt/format.h>
#include <grpcpp/impl/codegen/server_callback_handlers.h>
#include <grpcpp/impl/rpc_service_method.h>

#include "rpc/method_path.h"
#include "streaming_call.h"
#include "unary_call.h"

namespace tomada::grpc_server {
namespace {

using grpc::ByteBuffer;
using grpc::CallbackServerContext;
using grpc::internal::RpcMethod;

}  // namespace

absl::Status RawService::Add(const tomada::Service& service, const std::string& owner, CallLimit limit) {
  const std::string& name = service.descriptor->full_name();
  if (auto [known, added] = owners_.emplace(name, owner); !added) {
    return absl::AlreadyExistsError(
        fmt::format("{} is offered by '{}' and by '{}': a server can have it once", name, known->second, owner));
  }
  for (const Method& method : service.methods) {
    if (method.descriptor->client_streaming() || method.descriptor->server_streaming()) {
      AddStreaming(method, limit);
    } else {
      AddUnary(method);
    }
  }
  return absl::OkStatus();
}

void RawService::AddUnary(const Method& method) {
  const int index = AddPath(rpc::PathOf(*method.descriptor), RpcMethod::NORMAL_RPC);
  ServedMethod& served = AddServed(method);
  MarkMethodRawCallback(
      index,
      new grpc::internal::CallbackUnaryHandler<ByteBuffer, ByteBuffer>(
          [this, &method, &served](CallbackServerContext* context, const ByteBuffer* request, ByteBuffer* response) {
            return UnaryCall::Begin(method, environment_, served, *context, *request, *response);
          }));
}

// To gRPC each is a method that streams both ways: see StreamingCall.
void RawService::AddStreaming(const Method& method, CallLimit limit) {
  const int index = AddPath(rpc::PathOf(*method.descriptor), RpcMethod::BIDI_STREAMING);
  ServedMethod& served = AddServed(method);
  MarkMethodRawCallback(index, new grpc::internal::CallbackBidiHandler<Received, ByteBuffer>(
                                   [this, &method, &served, limit](CallbackServerContext* context) {
                                     return StreamingCall::Begin(method, limit, environment_, served, *context);
                                   }));
}

ServedMethod& RawService::AddServed(const Method& method) {
  return served_.emplace_back(environment_.metrics, environment_.log, "grpc", *method.descriptor);
}

int RawService::AddPath(std::string path, RpcMethod::RpcType type) {
  paths_.push_back(std::move(path));
  // gRPC owns what it is given here and above.
  AddMethod(new grpc::internal::RpcServiceMethod(paths_.back().c_str(), type, nullptr));
  return static_cast<int>(paths_.size()) - 1;
}

}  // namespace tomada::grpc_server
