#include "remote.h"

#include <algorithm>
#include <exception>
#include <stop_token>
#include <utility>

#include <fmt/format.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/rpc/status.pb.h>
#include <grpc/support/time.h>

#include "message_bytes.h"
#include "metadata.h"
#include "relay.h"
#include "tomada/status.h"
#include "unary_exchange.h"

namespace tomada::grpc_client {
namespace {

using google::protobuf::Message;
using google::protobuf::MethodOptions;

// What every call sends.
void Prepare(Call& call, Deadline deadline, grpc::ClientContext& context) {
  if (deadline != Deadline::max()) {
    // gRPC's monotonic clock is the steady clock.
    const auto since = deadline.time_since_epoch();
    const auto whole = std::chrono::floor<std::chrono::seconds>(since);
    gpr_timespec time;
    time.tv_sec = whole.count();
    time.tv_nsec = static_cast<int32_t>(std::chrono::nanoseconds(since - whole).count());
    time.clock_type = GPR_CLOCK_MONOTONIC;
    context.set_deadline(time);
  }
  const Metadata metadata = ToServer(call);
  for (const auto& [name, value] : metadata.entries()) context.AddMetadata(name, value);
}

// What it ends with.
absl::Status ToStatus(const Call& call, const Backend& backend, const grpc::Status& status) {
  if (call.cancelled()) return call.status();
  if (status.ok()) return absl::OkStatus();
  google::rpc::Status rpc;
  rpc.ParseFromString(status.error_details());  // absent or broken: no details
  rpc.set_code(status.error_code());
  rpc.set_message(status.error_message());
  if (Backend::IsLost(status)) {
    rpc.set_message(fmt::format("the connection to {} was lost", backend.target()));
  } else if (status.error_code() == grpc::StatusCode::UNAVAILABLE && !backend.connected()) {
    // Both the server and the channel say UNAVAILABLE; without a connection it was the channel.
    rpc.set_message(fmt::format("{} cannot be reached: {}", backend.target(), Backend::Cause(status)));
  }
  return FromRpcStatus(rpc);
}

// What answers a stream of requests.
class OneAnswer final : public MessageWriter {
 public:
  explicit OneAnswer(Message& response) : response_(response) {}

  Task<absl::Status> Write(const Message& message) override {
    if (std::exchange(given_, true)) co_return absl::InternalError("the server has sent more than one answer");
    response_.CopyFrom(message);
    co_return absl::OkStatus();
  }
  bool given() const { return given_; }

 private:
  Message& response_;
  bool given_ = false;
};

}  // namespace

RemoteMethod::RemoteMethod(const google::protobuf::MethodDescriptor& descriptor)
    : path(fmt::format("/{}/{}", descriptor.service()->full_name(), descriptor.name())),
      repeatable(descriptor.options().idempotency_level() != MethodOptions::IDEMPOTENCY_UNKNOWN) {}

Remote::Remote(const Config& config, const std::shared_ptr<grpc::ChannelCredentials>& credentials)
    : timeout_(absl::ToChronoNanoseconds(config.timeout)),
      max_calls_(config.max_concurrent_calls),
      max_message_(static_cast<size_t>(config.max_message_size.bytes)) {
  for (const std::string& target : config.AllTargets()) {
    backends_.push_back(std::make_unique<Backend>(target, config, credentials));
    name_ += (name_.empty() ? "" : ", ") + target;
  }
}

Backend& Remote::Choose() {
  if (backends_.size() == 1) return *backends_.front();
  if (Backend* connected = Connected(nullptr)) return *connected;
  return *backends_[next_.fetch_add(1, std::memory_order_relaxed) % backends_.size()];
}

Backend* Remote::Connected(const Backend* except) {
  auto usable = [except](const auto& backend) { return backend.get() != except && backend->connected(); };
  const size_t count = std::count_if(backends_.begin(), backends_.end(), usable);
  if (count == 0) return nullptr;
  size_t before = next_.fetch_add(1, std::memory_order_relaxed) % count;
  for (const auto& backend : backends_) {
    if (usable(backend) && before-- == 0) return backend.get();
  }
  return nullptr;  // it has gone meanwhile
}

absl::Status Remote::Slot::status() const {
  if (free_) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      fmt::format("{} calls to {} are under way, the limit; try again later", remote_.max_calls_, remote_.name_));
}

void Remote::Stop() {
  for (const auto& backend : backends_) {
    if (backend->http2() != nullptr) backend->http2()->Stop();
  }
}

Task<absl::Status> Remote::CallUnary(const RemoteMethod& method, Call& call, const Message& request,
                                     Message& response) {
  const Slot slot(*this);
  absl::Status status = slot.status();
  const Deadline deadline = std::min(call.deadline(), std::chrono::steady_clock::now() + timeout_);
  Metadata metadata;
  bool may_repeat = method.repeatable;
  for (Backend* backend = status.ok() ? &Choose() : nullptr; backend != nullptr;) {
    status = co_await Ask(*backend, method, call, deadline, request, response, metadata);
    const bool repeat = std::exchange(may_repeat, false) && absl::IsUnavailable(status) && !call.cancelled();
    backend = repeat ? Connected(backend) : nullptr;
  }
  for (const auto& [name, value] : metadata.entries()) call.response_metadata().Add(name, value);
  co_return status;
}

Task<absl::Status> Remote::Ask(Backend& backend, const RemoteMethod& method, Call& call, Deadline deadline,
                               const Message& request, Message& response, Metadata& metadata) {
  Http2Connection* connection = backend.http2();
  if (connection != nullptr && backend.connected() && connection->Open()) {
    Http2Call carried(method.path, call.executor(), deadline);
    carried.metadata = ToServer(call);
    carried.request = Frame(request);
    Http2Connection::Awaiter answered = connection->Carry(carried);
    {
      std::stop_callback on_cancel(call.stop_token(), [&] { connection->Cancel(carried); });
      co_await answered;
    }
    if (carried.sent) {
      FromServer(carried.response_metadata, metadata);
      absl::Status status = ToStatus(call, backend, carried.status);
      if (status.ok()) status = Parse(carried.answer, max_message_, response);
      co_return status;
    }
  }
  absl::Status status = co_await AskChannel(backend, method, call, deadline, request, response, metadata);
  co_return status;
}

Task<absl::Status> Remote::AskChannel(Backend& backend, const RemoteMethod& method, Call& call, Deadline deadline,
                                      const Message& request, Message& response, Metadata& metadata) {
  UnaryExchange exchange(backend.stub(), method.path, call);
  Prepare(call, deadline, exchange.context());
  Serialize(request, exchange.request());
  {
    std::stop_callback on_cancel(call.stop_token(), [&exchange] { exchange.context().TryCancel(); });
    co_await exchange;
  }
  FromServer(exchange.context(), metadata);
  absl::Status status = ToStatus(call, backend, exchange.status());
  if (status.ok()) status = Parse(exchange.answer(), max_message_, response);
  co_return status;
}

template <class Talk>
Task<absl::Status> Remote::Stream(Call& call, Talk talk) {
  const Slot slot(*this);
  absl::Status status = slot.status();
  if (!status.ok()) co_return status;
  Backend& backend = Choose();
  StreamExchange exchange(call, max_message_);
  Prepare(call, call.deadline(), exchange.context());
  std::stop_callback on_cancel(call.stop_token(), [&exchange] { exchange.context().TryCancel(); });
  std::exception_ptr thrown;
  try {
    status = co_await talk(exchange, backend.stub());
  } catch (...) {  // gRPC uses the exchange all the same, until it is done
    thrown = std::current_exception();
    exchange.context().TryCancel();
  }
  if (exchange.started()) {
    exchange.Close();
    co_await exchange.Done();
  }
  if (thrown) std::rethrow_exception(thrown);
  if (status.ok()) status = ToStatus(call, backend, exchange.status());
  co_return status;
}

Task<absl::Status> Remote::CallServerStreaming(const RemoteMethod& method, Call& call, const Message& request,
                                               const Message& response, MessageWriter& responses) {
  return Stream(call, [&](StreamExchange& exchange, grpc::GenericStub& stub) {
    Serialize(request, exchange.request());
    exchange.StartWithOne(stub, method.path);
    return ReceiveAll(exchange, call, response, responses);
  });
}

Task<absl::Status> Remote::CallClientStreaming(const RemoteMethod& method, Call& call, const Message& request,
                                               MessageReader& requests, Message& response) {
  OneAnswer answer(response);
  absl::Status status = co_await CallBidiStreaming(method, call, request, response, requests, answer);
  if (status.ok() && !answer.given()) co_return absl::InternalError("the server has sent no answer");
  co_return status;
}

Task<absl::Status> Remote::CallBidiStreaming(const RemoteMethod& method, Call& call, const Message& request,
                                             const Message& response, MessageReader& requests,
                                             MessageWriter& responses) {
  return Stream(call, [&](StreamExchange& exchange, grpc::GenericStub& stub) {
    exchange.Start(stub, method.path);
    return Relay(exchange, call, request, response, requests, responses);
  });
}

}  // namespace tomada::grpc_client
