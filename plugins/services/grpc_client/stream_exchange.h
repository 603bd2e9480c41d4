// One request and many answers over a channel, read one at a time.
#pragma once

#include <atomic>
#include <coroutine>
#include <string>

#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>

#include "tomada/call.h"

namespace tomada::grpc_client {

//   exchange.Start(stub, path);
//   while (co_await exchange.Read()) { ... exchange.answer() ... }
//   exchange.Close();
//   co_await exchange.Done();   // exchange.status() says how it ended
//
// The await of Done is never left out: gRPC uses the exchange until then. Awaits resume on the call's executor.
class StreamExchange final : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  explicit StreamExchange(Call& call) : call_(call) {}

  grpc::ClientContext& context() { return context_; }
  grpc::ByteBuffer& request() { return request_; }
  grpc::ByteBuffer& answer() { return answer_; }
  const grpc::Status& status() const { return status_; }

  void Start(grpc::GenericStub& stub, const std::string& path) {
    stub.PrepareBidiStreamingCall(&context_, path, grpc::StubOptions(), this);
    AddHold();  // the call is not done while reads may still be started
    StartWriteLast(&request_, grpc::WriteOptions());
    StartCall();
  }

  class ReadAwaiter {
   public:
    explicit ReadAwaiter(StreamExchange& exchange) : exchange_(exchange) {}
    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> waiting) {
      exchange_.waiting_ = waiting;
      exchange_.StartRead(&exchange_.answer_);  // the last touch
    }
    bool await_resume() const { return exchange_.read_; }

   private:
    StreamExchange& exchange_;
  };
  // False after the last answer, and when the call has failed.
  ReadAwaiter Read() { return ReadAwaiter(*this); }

  // No more reads.
  void Close() { RemoveHold(); }

  class DoneAwaiter {
   public:
    explicit DoneAwaiter(StreamExchange& exchange) : exchange_(exchange) {}
    bool await_ready() const { return false; }
    bool await_suspend(std::coroutine_handle<> waiting) {
      exchange_.waiting_ = waiting;
      return !exchange_.second_.exchange(true);
    }
    void await_resume() const {}

   private:
    StreamExchange& exchange_;
  };
  DoneAwaiter Done() { return DoneAwaiter(*this); }

 private:
  void OnReadDone(bool ok) override {
    read_ = ok;
    call_.executor().Post(waiting_);
  }
  // Of this and the await of Done, the second goes on.
  void OnDone(const grpc::Status& status) override {
    status_ = status;
    if (second_.exchange(true)) call_.executor().Post(waiting_);
  }

  Call& call_;
  grpc::ClientContext context_;
  grpc::ByteBuffer request_, answer_;
  grpc::Status status_;
  std::coroutine_handle<> waiting_;
  bool read_ = false;
  std::atomic<bool> second_{false};
};

}  // namespace tomada::grpc_client
