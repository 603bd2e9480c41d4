#include "backend.h"

#include <algorithm>
#include <chrono>
#include <future>
#include <iterator>
#include <string_view>
#include <utility>

#include <grpcpp/create_channel.h>

namespace tomada::grpc_client {
namespace {

int Milliseconds(absl::Duration duration) { return static_cast<int>(absl::ToInt64Milliseconds(duration)); }

std::shared_ptr<grpc::Channel> MakeChannel(const std::string& target, const Config& config,
                                           const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
  grpc::ChannelArguments arguments;
  // Two components with one target have a connection each.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  // What is configured is what is connected to: no proxy from the environment, no service config from DNS.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  arguments.SetLoadBalancingPolicyName("round_robin");
  // ChannelWatch ends the pauses sooner, at first.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, Milliseconds(config.max_backoff));
  // This is gRPC's limit for one attempt. An attempt that fails sooner is followed by the next after the backoff.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, Milliseconds(config.connect_timeout));
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, Milliseconds(config.max_backoff));
  // A server that is gone may have moved: its name is looked up at each attempt, not every 30 s.
  arguments.SetInt(GRPC_ARG_DNS_MIN_TIME_BETWEEN_RESOLUTIONS_MS, Milliseconds(config.max_backoff));
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, Milliseconds(config.keepalive_time));
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, Milliseconds(config.keepalive_timeout));
  // gRPC 1.51 inflates a message without bound: Parse does it.
  arguments.SetInt(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0);
  arguments.SetMaxReceiveMessageSize(static_cast<int>(config.max_message_size.bytes));
  if (!config.tls_server_name.empty()) arguments.SetSslTargetNameOverride(config.tls_server_name);
  return grpc::CreateCustomChannel(target, credentials, arguments);
}

}  // namespace

Backend::Backend(std::string target, const Config& config, const std::shared_ptr<grpc::ChannelCredentials>& credentials)
    : target_(std::move(target)), channel_(MakeChannel(target_, config, credentials)), stub_(channel_) {
  if (!config.tls_enabled) http2_ = std::make_unique<Http2Connection>(target_, config);
}

// At the end of gRPC's chain of messages: "... last error: UNKNOWN: ipv4:127.0.0.1:1: Failed to connect to remote host:
// Connection refused".
std::string Backend::Cause(const grpc::Status& status) {
  const std::string message = status.error_message();
  for (std::string_view before : {"Failed to connect to remote host: ", "last error: "}) {
    if (size_t at = message.rfind(before); at != message.npos) return message.substr(at + before.size());
  }
  return message;
}

bool Backend::IsLost(const grpc::Status& status) {
  constexpr std::string_view kTexts[] = {"Socket closed",
                                         "Transport closed",
                                         "GOAWAY received",
                                         "Connection reset by peer",
                                         "sendmsg: Broken pipe",
                                         "Broken pipe",
                                         "keepalive watchdog timeout",
                                         "recvmsg:Connection reset by peer"};
  const std::string message = status.error_message();
  return status.error_code() == grpc::StatusCode::UNAVAILABLE &&
         std::find(std::begin(kTexts), std::end(kTexts), message) != std::end(kTexts);
}

absl::Status Backend::Probe() {
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
  return absl::UnavailableError(Cause(status));
}

}  // namespace tomada::grpc_client
