#include "remote.h"

#include <algorithm>
#include <exception>
#include <stop_token>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <google/protobuf/descriptor.pb.h>

#include "exchange.h"
#include "metadata.h"
#include "relay.h"
#include "rpc/message_bytes.h"
#include "rpc/method_path.h"

namespace tomada::grpc_client {
namespace {

using google::protobuf::Message;
using google::protobuf::MethodOptions;

// What it ends with.
absl::Status StatusOf(const Call& call, const Exchange& exchange) {
  return call.cancelled() ? call.status() : exchange.status();
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
    : path(rpc::PathOf(descriptor)),
      repeatable(descriptor.options().idempotency_level() != MethodOptions::IDEMPOTENCY_UNKNOWN) {}

Remote::Remote(const Config& config, std::unique_ptr<net::TlsClientContext> tls, Logger log)
    : timeout_(absl::ToChronoNanoseconds(config.timeout)),
      max_calls_(config.max_concurrent_calls),
      max_message_(static_cast<size_t>(config.max_message_size.bytes)),
      name_(fmt::format("{}", fmt::join(config.AllTargets(), ", "))),
      wire_(config, std::move(tls), std::move(log)) {}

absl::Status Remote::Slot::status() const {
  if (free_) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      fmt::format("{} calls to {} are under way, the limit; try again later", remote_.max_calls_, remote_.name_));
}

Task<absl::Status> Remote::CallUnary(const RemoteMethod& method, Call& call, const Message& request,
                                     Message& response) {
  const Slot slot(*this);
  if (absl::Status status = slot.status(); !status.ok()) co_return status;
  const Deadline deadline = std::min(call.deadline(), std::chrono::steady_clock::now() + timeout_);
  Exchange exchange(wire_, Exchange::Kind::kUnary, method.path, call.executor(), deadline, max_message_);
  exchange.metadata = ToServer(call);
  exchange.repeatable = method.repeatable;
  Exchange::Awaiter answered = exchange.Ask(rpc::Frame(request));
  {
    std::stop_callback on_cancel(call.stop_token(), [&exchange] { exchange.Cancel(); });
    co_await answered;
  }
  AddFromServer(exchange.response_metadata(), call.response_metadata());
  absl::Status status = StatusOf(call, exchange);
  if (status.ok()) status = rpc::Parse(exchange.answer(), max_message_, response);
  co_return status;
}

template <class Talk>
Task<absl::Status> Remote::Stream(const RemoteMethod& method, Call& call, Talk talk) {
  const Slot slot(*this);
  absl::Status status = slot.status();
  if (!status.ok()) co_return status;
  Exchange exchange(wire_, Exchange::Kind::kStream, method.path, call.executor(), call.deadline(), max_message_);
  exchange.metadata = ToServer(call);
  std::exception_ptr thrown;
  {
    std::stop_callback on_cancel(call.stop_token(), [&exchange] { exchange.Cancel(); });
    try {
      status = co_await talk(exchange);
    } catch (...) {  // the wire uses the exchange all the same, until it is finished
      thrown = std::current_exception();
      exchange.Cancel();
    }
  }
  if (exchange.started()) {
    Exchange::Awaiter finished = exchange.Finish();
    co_await finished;
  }
  if (thrown) std::rethrow_exception(thrown);
  if (status.ok()) status = StatusOf(call, exchange);
  co_return status;
}

Task<absl::Status> Remote::CallServerStreaming(const RemoteMethod& method, Call& call, const Message& request,
                                               const Message& response, MessageWriter& responses) {
  return Stream(method, call, [&](Exchange& exchange) {
    exchange.Start(rpc::Frame(request), /*last=*/true);
    return ReceiveAll(exchange, call, max_message_, response, responses);
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
  return Stream(method, call, [&](Exchange& exchange) {
    exchange.Start();
    return Relay(exchange, call, max_message_, request, response, requests, responses);
  });
}

}  // namespace tomada::grpc_client
