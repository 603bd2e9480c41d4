#include "streaming_call.h"

namespace tomada::grpc_server {

using google::protobuf::Message;

grpc::ServerWriteReactor<grpc::ByteBuffer>* StreamingCall::Begin(const Method& method, CallLimit limit,
                                                                 CallEnvironment& environment, ServedMethod& served,
                                                                 grpc::CallbackServerContext& context,
                                                                 const grpc::ByteBuffer& request) {
  auto* call = new StreamingCall(method, limit, environment, served, context);
  call->Run(request);
  return call;  // still there: OnDone comes after gRPC has the reactor
}

void StreamingCall::Run(const grpc::ByteBuffer& bytes) {
  if (absl::Status admitted = Admit(); !admitted.ok()) return Complete(admitted);
  Message* request = method_.request_prototype->New(&arena_);
  if (absl::Status parsed = ParseMessage(bytes, *request); !parsed.ok()) return Complete(parsed);
  Spawn(InvokeServerStreaming(method_, *this, environment().log, *request, *this),
        [this](const absl::Status& status) { Complete(status); });
  Started();
}

class StreamingCall::WriteAwaiter {
 public:
  explicit WriteAwaiter(StreamingCall& call) : call_(call) {}
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> writer) {
    call_.writer_ = writer;
    call_.StartWrite(&call_.message_);  // the last touch: the write may be done, and this awaiter gone
  }
  bool await_resume() const { return call_.written_; }

 private:
  StreamingCall& call_;
};

Task<absl::Status> StreamingCall::Write(const Message& message) {
  if (cancelled()) co_return status();
  SerializeMessage(message, message_);
  SendMetadata();
  // Together with Expire: either it sees the write under way, or this sees that it came.
  writing_ = true;
  bool written = false;
  if (!expired_) {
    WriteAwaiter awaiter(*this);
    written = co_await awaiter;
  }
  writing_ = false;
  if (written) co_return absl::OkStatus();
  if (expired_) co_return TookTooLong();
  if (cancelled()) co_return status();
  co_return absl::CancelledError("the client is gone");
}

void StreamingCall::OnWriteDone(bool ok) {
  written_ = ok;
  executor().Post(writer_);
}

// A write that waits for a client that does not read ends only with the call itself.
void StreamingCall::Expire() {
  expired_ = true;
  if (writing_) context().TryCancel();
}

}  // namespace tomada::grpc_server
