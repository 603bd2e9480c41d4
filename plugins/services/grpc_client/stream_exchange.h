// A stream of requests and a stream of answers over a channel, each one message at a time.
#pragma once

#include <atomic>
#include <coroutine>
#include <string>
#include <utility>

#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>

#include "tomada/call.h"

namespace tomada::grpc_client {

//   exchange.Start(stub, path);
//   while (...) { ... exchange.request() ...; if (!co_await exchange.Write()) break; }
//   exchange.WritesDone();
//   while (co_await exchange.Read()) { ... exchange.answer() ... }
//   exchange.Close();
//   co_await exchange.Done();   // exchange.status() says how it ended
//
// A write and a read may be under way at the same time. After a start Close and the await of Done are never left out,
// not even for an exception: gRPC uses the exchange until then. Awaits resume on the call's executor.
class StreamExchange final : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  // A larger answer than `max_message` is to be refused: see Parse.
  StreamExchange(Call& call, size_t max_message) : call_(call), max_message_(max_message) {}

  grpc::ClientContext& context() { return context_; }
  grpc::ByteBuffer& request() { return request_; }
  grpc::ByteBuffer& answer() { return answer_; }
  const grpc::Status& status() const { return status_; }
  size_t max_message() const { return max_message_; }

  void Start(grpc::GenericStub& stub, const std::string& path) {
    stub.PrepareBidiStreamingCall(&context_, path, grpc::StubOptions(), this);
    AddHold();  // the call is not done while reads and writes may still be started
    StartCall();
    started_ = true;
  }
  // With request() as its only one.
  void StartWithOne(grpc::GenericStub& stub, const std::string& path) {
    stub.PrepareBidiStreamingCall(&context_, path, grpc::StubOptions(), this);
    AddHold();
    StartWriteLast(&request_, grpc::WriteOptions());
    StartCall();
    started_ = true;
  }
  bool started() const { return started_; }

  class WriteAwaiter {
   public:
    explicit WriteAwaiter(StreamExchange& exchange) : exchange_(exchange) {}
    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> writer) {
      exchange_.writer_ = writer;
      exchange_.StartWrite(&exchange_.request_);  // may end before this returns
    }
    bool await_resume() const { return exchange_.written_; }

   private:
    StreamExchange& exchange_;
  };
  // Sends request(), as the server's flow control lets it. False when the call is over.
  WriteAwaiter Write() { return WriteAwaiter(*this); }
  // There are no more requests.
  void WritesDone() { StartWritesDone(); }

  class ReadAwaiter {
   public:
    explicit ReadAwaiter(StreamExchange& exchange) : exchange_(exchange) {}
    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> waiting) {
      exchange_.reader_ = waiting;
      exchange_.StartRead(&exchange_.answer_);  // may end before this returns
    }
    bool await_resume() const { return exchange_.read_; }

   private:
    StreamExchange& exchange_;
  };
  // False after the last answer, and when the call has failed.
  ReadAwaiter Read() { return ReadAwaiter(*this); }

  // No more reads and writes.
  void Close() { RemoveHold(); }

  class DoneAwaiter {
   public:
    explicit DoneAwaiter(StreamExchange& exchange) : exchange_(exchange) {}
    bool await_ready() const { return false; }
    bool await_suspend(std::coroutine_handle<> waiting) {
      exchange_.reader_ = waiting;
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
    call_.executor().Post(reader_);
  }
  void OnWriteDone(bool ok) override {
    written_ = ok;
    if (auto writer = std::exchange(writer_, nullptr)) call_.executor().Post(writer);
  }
  // Whichever comes second, this or the await of Done, resumes the coroutine.
  void OnDone(const grpc::Status& status) override {
    status_ = status;
    if (second_.exchange(true)) call_.executor().Post(reader_);
  }

  Call& call_;
  const size_t max_message_;
  grpc::ClientContext context_;
  grpc::ByteBuffer request_, answer_;
  grpc::Status status_;
  std::coroutine_handle<> reader_, writer_;
  bool started_ = false, read_ = false, written_ = false;
  std::atomic<bool> second_{false};
};

}  // namespace tomada::grpc_client
