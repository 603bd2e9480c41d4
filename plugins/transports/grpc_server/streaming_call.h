// One call of a server-streaming method.
#pragma once

#include <coroutine>

#include <google/protobuf/arena.h>
#include <grpcpp/support/server_callback.h>

#include "server_call.h"
#include "tomada/service.h"

namespace tomada::grpc_server {

// gRPC's reactor, the call, and the writer that the handler gets, in one. Deletes itself.
class StreamingCall final : public grpc::ServerWriteReactor<grpc::ByteBuffer>, public ServerCall, public MessageWriter {
 public:
  // `request` lives as long as the reactor.
  static grpc::ServerWriteReactor<grpc::ByteBuffer>* Begin(const Method& method, CallLimit limit,
                                                           CallEnvironment& environment, ServedMethod& served,
                                                           grpc::CallbackServerContext& context,
                                                           const grpc::ByteBuffer& request);

 private:
  class WriteAwaiter;

  StreamingCall(const Method& method, CallLimit limit, CallEnvironment& environment, ServedMethod& served,
                grpc::CallbackServerContext& context)
      : ServerCall(environment, served, context, limit), method_(method) {
    environment.streams.Add(*this);
  }
  void Run(const grpc::ByteBuffer& request);

  // Finishes when gRPC has taken the message over, which it does as the client's flow control lets it.
  Task<absl::Status> Write(const google::protobuf::Message& message) override;

  void OnWriteDone(bool ok) override;
  void OnCancel() override { Cancelled(); }
  void OnDone() override {
    environment().streams.Remove(*this);
    delete this;
  }
  void FinishReactor(grpc::Status status) override { Finish(std::move(status)); }
  void Expire() override;

  const Method& method_;
  google::protobuf::Arena arena_;
  grpc::ByteBuffer message_;
  std::coroutine_handle<> writer_;
  bool written_ = false;
  std::atomic<bool> writing_{false}, expired_{false};
};

}  // namespace tomada::grpc_server
