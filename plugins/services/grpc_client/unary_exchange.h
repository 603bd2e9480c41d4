// One request and one answer over a channel.
#pragma once

#include <coroutine>
#include <string>
#include <utility>

#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>

#include "tomada/call.h"

namespace tomada::grpc_client {

// Awaited once; resumes on the call's executor. Afterwards it holds the answer and the status.
class UnaryExchange {
 public:
  // `stub`, `path` and `call` outlive the await.
  UnaryExchange(grpc::GenericStub& stub, const std::string& path, Call& call) : stub_(stub), path_(path), call_(call) {}

  grpc::ClientContext& context() { return context_; }
  grpc::ByteBuffer& request() { return request_; }
  grpc::ByteBuffer& answer() { return answer_; }
  const grpc::Status& status() const { return status_; }

  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> waiting) {
    waiting_ = waiting;
    // Nothing of this is touched afterwards: the answer may come, and this be destroyed, before UnaryCall returns.
    stub_.UnaryCall(&context_, path_, grpc::StubOptions(), &request_, &answer_, [this](grpc::Status status) {
      status_ = std::move(status);
      call_.executor().Post(waiting_);
    });
  }
  void await_resume() const {}

 private:
  grpc::GenericStub& stub_;
  const std::string& path_;
  Call& call_;
  grpc::ClientContext context_;
  grpc::ByteBuffer request_, answer_;
  grpc::Status status_;
  std::coroutine_handle<> waiting_;
};

}  // namespace tomada::grpc_client
