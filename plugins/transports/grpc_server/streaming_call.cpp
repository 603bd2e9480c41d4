#include "streaming_call.h"

#include <stop_token>
#include <utility>

namespace tomada::grpc_server {

using google::protobuf::Message;

grpc::ServerBidiReactor<Received, grpc::ByteBuffer>* StreamingCall::Begin(const Method& method, CallLimit limit,
                                                                          CallEnvironment& environment,
                                                                          ServedMethod& served,
                                                                          grpc::CallbackServerContext& context) {
  auto* call = new StreamingCall(method, limit, environment, served, context);
  call->Run();
  return call;  // still there: OnDone comes after gRPC has the reactor
}

void StreamingCall::Run() {
  if (absl::Status admitted = Admit(); !admitted.ok()) return Complete(admitted);
  Spawn(Serve(), [this](const absl::Status& status) { Answer(status); });
}

Task<absl::Status> StreamingCall::Serve() {
  Hop to_executor(executor());
  co_await to_executor;
  const DeadlineWatch watch(*this);
  // A read that waits for a client that sends nothing ends with the call.
  std::stop_callback on_cancel(stop_token(), [this] { Stop(); });
  if (!method_.descriptor->client_streaming()) co_return co_await ServeOneRequest();
  if (method_.descriptor->server_streaming()) {
    co_return co_await InvokeBidiStreaming(method_, *this, environment().log, *this, *this);
  }
  response_ = method_.response_prototype->New(&arena_);
  co_return co_await InvokeClientStreaming(method_, *this, environment().log, *this, *response_);
}

Task<absl::Status> StreamingCall::ServeOneRequest() {
  Message* request = method_.request_prototype->New(&arena_);
  absl::StatusOr<bool> received = co_await Read(*request);
  if (!received.ok()) co_return received.status();
  if (!*received) co_return absl::InvalidArgumentError("the request is missing");
  co_return co_await InvokeServerStreaming(method_, *this, environment().log, *request, *this);
}

void StreamingCall::Answer(const absl::Status& status) {
  if (status.ok() && response_ != nullptr) SerializeMessage(*response_, response_bytes_);
  Complete(status);
}

void StreamingCall::FinishReactor(grpc::Status status) {
  if (status.ok() && response_ != nullptr) {
    StartWriteAndFinish(&response_bytes_, grpc::WriteOptions(), std::move(status));
  } else {
    Finish(std::move(status));
  }
}

class StreamingCall::ReadAwaiter {
 public:
  explicit ReadAwaiter(StreamingCall& call) : call_(call) {}
  bool await_ready() const { return false; }
  bool await_suspend(std::coroutine_handle<> reader) { return call_.BeginRead(reader); }
  void await_resume() const {}

 private:
  StreamingCall& call_;
};

bool StreamingCall::BeginRead(std::coroutine_handle<> reader) {
  std::lock_guard lock(mutex_);  // what the read wakes waits here until this is out
  outcome_ = Outcome::kEnd;
  if (stopped_) return false;
  reader_ = reader;
  StartRead(&request_);
  return true;
}

Task<absl::StatusOr<bool>> StreamingCall::Read(Message& message) {
  ReadAwaiter awaiter(*this);
  co_await awaiter;
  if (outcome_ == Outcome::kMessage) {
    if (absl::Status parsed = ParseMessage(request_.bytes, message); !parsed.ok()) co_return parsed;
    co_return true;
  }
  if (expired_) co_return TookTooLong();
  if (cancelled() || context().IsCancelled()) co_return WhyCancelled();
  if (outcome_ == Outcome::kRefused) co_return absl::CancelledError("the client has been refused");
  co_return false;
}

void StreamingCall::OnReadDone(bool ok) {
  std::coroutine_handle<> reader;
  {
    std::lock_guard lock(mutex_);
    reader = std::exchange(reader_, nullptr);
    if (reader) outcome_ = ok ? Outcome::kMessage : request_.failed ? Outcome::kRefused : Outcome::kEnd;
  }
  if (reader) executor().Post(reader);
}

void StreamingCall::Stop() {
  std::coroutine_handle<> reader;
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
    reader = std::exchange(reader_, nullptr);
  }
  if (reader) executor().Post(reader);
}

class StreamingCall::WriteAwaiter {
 public:
  explicit WriteAwaiter(StreamingCall& call) : call_(call) {}
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> writer) {
    call_.writer_ = writer;
    call_.StartWrite(&call_.response_bytes_);  // the last touch: the write may be done, and this awaiter gone
  }
  bool await_resume() const { return call_.written_; }

 private:
  StreamingCall& call_;
};

Task<absl::Status> StreamingCall::Write(const Message& message) {
  if (cancelled()) co_return status();
  SerializeMessage(message, response_bytes_);
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
  co_return expired_ ? TookTooLong() : WhyCancelled();
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
