#include "remote.h"

#include <algorithm>
#include <future>
#include <stop_token>
#include <string_view>

#include <fmt/format.h>
#include <google/protobuf/arena.h>
#include <google/rpc/status.pb.h>
#include <grpc/support/time.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/security/credentials.h>

#include "metadata.h"
#include "stream_exchange.h"
#include "tomada/status.h"
#include "unary_exchange.h"

namespace tomada::grpc_client {
namespace {

using google::protobuf::Message;
using Bytes = grpc::SerializationTraits<Message>;

int Milliseconds(absl::Duration duration) { return static_cast<int>(absl::ToInt64Milliseconds(duration)); }

std::shared_ptr<grpc::Channel> MakeChannel(const Config& config) {
  grpc::ChannelArguments arguments;
  // Two components with one target have a connection each.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  // What is configured is what is connected to: no proxy from the environment, no service config from DNS.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  // This is gRPC's limit for one attempt. An attempt that fails sooner is followed by the next after the backoff.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, Milliseconds(config.connect_timeout));
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, Milliseconds(config.max_backoff));
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, Milliseconds(config.keepalive_time));
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, Milliseconds(config.keepalive_timeout));
  arguments.SetMaxReceiveMessageSize(static_cast<int>(config.max_message_size.bytes));
  return grpc::CreateCustomChannel(config.target, grpc::InsecureChannelCredentials(), arguments);
}

// The cause at the end of gRPC's chain of messages: "... last error: UNKNOWN: ipv4:127.0.0.1:1: Failed to connect to
// remote host: Connection refused".
std::string Cause(std::string_view message) {
  for (std::string_view before : {"Failed to connect to remote host: ", "last error: "}) {
    if (size_t at = message.rfind(before); at != message.npos) return std::string(message.substr(at + before.size()));
  }
  return std::string(message);
}

absl::Status Parse(grpc::ByteBuffer& bytes, Message& message) {
  if (Bytes::Deserialize(&bytes, &message).ok()) return absl::OkStatus();
  return absl::InternalError(fmt::format("the server's answer is not a valid {}", message.GetTypeName()));
}

void Serialize(const Message& message, grpc::ByteBuffer& bytes) {
  bool own;
  Bytes::Serialize(message, &bytes, &own);
}

}  // namespace

Remote::Remote(const Config& config)
    : target_(config.target),
      timeout_(absl::ToChronoNanoseconds(config.timeout)),
      max_calls_(config.max_concurrent_calls),
      channel_(MakeChannel(config)),
      stub_(channel_) {}

absl::Status Remote::Enter() {
  if (calls_.fetch_add(1, std::memory_order_relaxed) < max_calls_) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      fmt::format("{} calls to {} are under way, the limit; try again later", max_calls_, target_));
}

void Remote::Prepare(Call& call, Deadline deadline, grpc::ClientContext& context) const {
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
  SendMetadata(call, context);
}

absl::Status Remote::ToStatus(const Call& call, const grpc::Status& status) const {
  if (call.cancelled()) return call.status();
  if (status.ok()) return absl::OkStatus();
  google::rpc::Status rpc;
  rpc.ParseFromString(status.error_details());  // absent or broken: no details
  rpc.set_code(status.error_code());
  rpc.set_message(status.error_message());
  // Both the server and the channel say UNAVAILABLE; without a connection it was the channel.
  if (status.error_code() == grpc::StatusCode::UNAVAILABLE && channel_->GetState(false) != GRPC_CHANNEL_READY) {
    rpc.set_message(fmt::format("{} cannot be reached: {}", target_, Cause(status.error_message())));
  }
  return FromRpcStatus(rpc);
}

Task<absl::Status> Remote::CallUnary(const std::string& path, Call& call, const Message& request, Message& response) {
  absl::Status status = Enter();
  if (status.ok()) {
    UnaryExchange exchange(stub_, path, call);
    Prepare(call, std::min(call.deadline(), std::chrono::steady_clock::now() + timeout_), exchange.context());
    Serialize(request, exchange.request());
    {
      std::stop_callback on_cancel(call.stop_token(), [&exchange] { exchange.context().TryCancel(); });
      co_await exchange;
    }
    status = ToStatus(call, exchange.status());
    if (status.ok()) status = Parse(exchange.answer(), response);
    TakeMetadata(exchange.context(), call);
  }
  Leave();
  co_return status;
}

Task<absl::Status> Remote::CallServerStreaming(const std::string& path, Call& call, const Message& request,
                                               const Message& response, MessageWriter& responses) {
  absl::Status status = Enter();
  if (status.ok()) {
    StreamExchange exchange(call);
    Prepare(call, call.deadline(), exchange.context());
    Serialize(request, exchange.request());
    std::stop_callback on_cancel(call.stop_token(), [&exchange] { exchange.context().TryCancel(); });
    exchange.Start(stub_, path);
    bool first = true;
    while (status.ok()) {
      const bool read = co_await exchange.Read();
      if (!read) break;
      if (std::exchange(first, false)) TakeMetadata(exchange.context(), call);
      google::protobuf::Arena arena;
      Message* message = response.New(&arena);
      status = Parse(exchange.answer(), *message);
      if (status.ok()) status = co_await responses.Write(*message);
    }
    if (!status.ok()) exchange.context().TryCancel();  // nobody takes the rest
    exchange.Close();
    co_await exchange.Done();
    if (status.ok()) status = ToStatus(call, exchange.status());
  }
  Leave();
  co_return status;
}

absl::Status Remote::Probe() {
  // Any method does: the question is whether the call gets as far as the server.
  static const std::string kPath = "/grpc.health.v1.Health/Check";
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(1));
  const grpc::Slice nothing;  // an empty message; without a slice gRPC aborts the process
  const grpc::ByteBuffer request(&nothing, 1);
  grpc::ByteBuffer answer;
  std::promise<grpc::Status> done;
  stub_.UnaryCall(&context, kPath, grpc::StubOptions(), &request, &answer,
                  [&done](grpc::Status status) { done.set_value(std::move(status)); });
  const grpc::Status status = done.get_future().get();
  if (status.error_code() != grpc::StatusCode::UNAVAILABLE &&
      status.error_code() != grpc::StatusCode::DEADLINE_EXCEEDED)
    return absl::OkStatus();
  return absl::UnavailableError(Cause(status.error_message()));
}

}  // namespace tomada::grpc_client
