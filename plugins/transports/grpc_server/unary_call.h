// One call of a unary method: parses, invokes the handler, answers.
#pragma once

#include <google/protobuf/arena.h>
#include <grpcpp/support/server_callback.h>

#include "server_call.h"
#include "tomada/service.h"

namespace tomada::grpc_server {

// One allocation for all that most calls need: gRPC's reactor, the call, and an arena with room for both messages.
// Deletes itself.
class UnaryCall final : public grpc::ServerUnaryReactor, public ServerCall {
 public:
  // `request` and `response` live as long as the reactor.
  static grpc::ServerUnaryReactor* Begin(const Method& method, CallEnvironment& environment, ServedMethod& served,
                                         grpc::CallbackServerContext& context, const grpc::ByteBuffer& request,
                                         grpc::ByteBuffer& response);

 private:
  // With it the whole is just what malloc keeps a free list for on each thread (1032 bytes in glibc).
  static constexpr size_t kArenaBlock = 560;

  UnaryCall(const Method& method, CallEnvironment& environment, ServedMethod& served,
            grpc::CallbackServerContext& context, grpc::ByteBuffer& response);
  void Run(const grpc::ByteBuffer& request);
  Task<absl::Status> Serve(const grpc::ByteBuffer& request);
  void Answer(const absl::Status& status);

  void FinishReactor(grpc::Status status) override { Finish(std::move(status)); }
  void OnCancel() override { Cancelled(); }
  void OnDone() override { delete this; }
  // OnCancel and OnDone never block, so gRPC need not move to another thread for them: that costs a tenth of a call.
  bool InternalInlineable() override { return true; }

  const Method& method_;
  grpc::ByteBuffer& response_bytes_;
  google::protobuf::Message* response_ = nullptr;
  alignas(8) char block_[kArenaBlock];
  google::protobuf::Arena arena_;
};

}  // namespace tomada::grpc_server
