// One call of a method that streams its requests, its responses or both.
#pragma once

#include <coroutine>
#include <mutex>

#include <google/protobuf/arena.h>
#include <grpcpp/support/server_callback.h>

#include "received.h"
#include "server_call.h"
#include "tomada/service.h"

namespace tomada::grpc_server {

// gRPC's reactor, the call, and the reader and writer that the handler gets, in one. Deletes itself.
//
// On the wire all kinds are alike, messages in each direction, so one reactor serves them. A read and a write may be
// under way at the same time, on different threads.
class StreamingCall final : public grpc::ServerBidiReactor<Received, grpc::ByteBuffer>,
                            public ServerCall,
                            public MessageReader,
                            public MessageWriter {
 public:
  static grpc::ServerBidiReactor<Received, grpc::ByteBuffer>* Begin(const Method& method, CallLimit limit,
                                                                    CallEnvironment& environment, ServedMethod& served,
                                                                    grpc::CallbackServerContext& context);

 private:
  enum class Outcome { kMessage, kEnd, kRefused };
  class ReadAwaiter;
  class WriteAwaiter;

  StreamingCall(const Method& method, CallLimit limit, CallEnvironment& environment, ServedMethod& served,
                grpc::CallbackServerContext& context)
      : ServerCall(environment, served, context, limit), method_(method) {
    environment.streams.Add(*this);
  }
  void Run();
  Task<absl::Status> Serve();
  Task<absl::Status> ServeOneRequest();
  void Answer(const absl::Status& status);

  // Asks gRPC for a message that is not read ahead: who does not read leaves the client to its flow control.
  Task<absl::StatusOr<bool>> Read(google::protobuf::Message& message) override;
  void Stop() override;
  // False when reading has been stopped.
  bool BeginRead(std::coroutine_handle<> reader);
  // Finishes when gRPC has taken the message over, which it does as the client's flow control lets it.
  Task<absl::Status> Write(const google::protobuf::Message& message) override;

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override { Cancelled(); }
  void OnDone() override {
    environment().streams.Remove(*this);
    delete this;
  }
  void FinishReactor(grpc::Status status) override;
  void Expire() override;

  const Method& method_;
  google::protobuf::Arena arena_;
  google::protobuf::Message* response_ = nullptr;  // the one that follows a stream of requests
  Received request_;
  grpc::ByteBuffer response_bytes_;

  std::mutex mutex_;                // guards the three below
  std::coroutine_handle<> reader_;  // of OnReadDone and Stop, the first takes it
  Outcome outcome_ = Outcome::kEnd;
  bool stopped_ = false;

  std::coroutine_handle<> writer_;
  bool written_ = false;
  std::atomic<bool> writing_{false}, expired_{false};
};

}  // namespace tomada::grpc_server
