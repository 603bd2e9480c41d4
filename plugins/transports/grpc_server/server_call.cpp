#include "server_call.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <google/rpc/status.pb.h>
#include <grpc/grpc.h>
#include <grpc/support/time.h>
#include <grpcpp/impl/codegen/proto_utils.h>

#include "rpc/metadata.h"
#include "tomada/status.h"

namespace tomada::grpc_server {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

// Deadline::max() when the client set none. gRPC's monotonic clock is the steady clock.
Deadline ClientDeadline(const grpc::CallbackServerContext& context) {
  const gpr_timespec deadline = gpr_convert_clock_type(context.raw_deadline(), GPR_CLOCK_MONOTONIC);
  constexpr int64_t kForever = std::chrono::floor<seconds>(nanoseconds::max()).count();
  if (deadline.tv_sec >= kForever) return Deadline::max();
  return Deadline(seconds(deadline.tv_sec) + nanoseconds(deadline.tv_nsec));
}

Deadline ChooseDeadline(const CallEnvironment& environment, Deadline client, CallLimit limit) {
  if (limit == CallLimit::kNone) return client;
  const Deadline now = std::chrono::steady_clock::now();
  if (client == Deadline::max()) return now + environment.default_deadline;
  return std::min(client, now + environment.max_deadline);
}

// Of what gRPC calls a peer: "ipv4:192.0.2.1:4711", "ipv6:%5B2001:db8::1%5D:4711", "unix:/path".
std::string AddressOf(std::string_view peer) {
  if (peer.starts_with("unix")) return "unix";
  std::string_view address = peer.substr(peer.find(':') + 1);
  address = address.substr(0, address.rfind(':'));
  for (std::string_view bracket : {"%5B", "["}) {
    if (address.starts_with(bracket)) address.remove_prefix(bracket.size());
  }
  return std::string(address.substr(0, address.find_first_of("%]")));
}

}  // namespace

ServerCall::ServerCall(CallEnvironment& environment, ServedMethod& served, grpc::CallbackServerContext& context,
                       CallLimit limit)
    : ServerCall(environment, served, context, ClientDeadline(context), limit) {}

ServerCall::ServerCall(CallEnvironment& environment, ServedMethod& served, grpc::CallbackServerContext& context,
                       Deadline client, CallLimit limit)
    : Call(environment.executors.Next(), ChooseDeadline(environment, client, limit)),
      environment_(environment),
      served_(served),
      begin_(std::chrono::steady_clock::now()),
      context_(context),
      watched_by_grpc_(deadline() == client) {}

absl::Status ServerCall::Admit() {
  served_.Began();
  if (environment_.calls.fetch_add(1, std::memory_order_relaxed) < environment_.max_calls) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      fmt::format("the server already serves {} calls, its limit; try again later", environment_.max_calls));
}

void ServerCall::Complete(const absl::Status& status) {
  environment_.calls.fetch_sub(1, std::memory_order_relaxed);
  served_.Ended(*this, status.code(), std::chrono::steady_clock::now() - begin_);
  SendMetadata();
  result_ = ToGrpcStatus(status);
  if (environment_.gate.Hold(*this)) return;
  OnRelease();
}

void ServerCall::OnRelease() { FinishReactor(std::move(result_)); }

void ServerCall::Cancelled() { Cancel(WhyCancelled()); }

absl::Status ServerCall::WhyCancelled() const {
  if (cancelled()) return status();
  // gRPC's timers are a little early or late by its clock's milliseconds.
  const bool late = time_left() <= std::chrono::milliseconds(2);
  return late ? absl::DeadlineExceededError("the call's deadline has passed")
              : absl::CancelledError("the client has cancelled the call");
}

void ServerCall::OnDeadline() {
  Expire();
  Cancel(TookTooLong());
}

absl::Status ServerCall::TookTooLong() {
  return absl::DeadlineExceededError("the call has taken longer than the server allows");
}

void ServerCall::SendMetadata() {
  if (std::exchange(metadata_sent_, true)) return;
  for (const Metadata::Entry& entry : response_metadata().entries()) {
    if (rpc::IsCustomMetadata(entry)) {  // gRPC aborts the process when it is given other
      context_.AddInitialMetadata(entry.first, entry.second);
    } else {
      environment_.log.Warning("response metadata dropped: not a legal header", {{"call", id()}});
    }
  }
}

void ServerCall::LoadMetadata(Metadata& metadata) {
  for (const auto& [name, value] : context_.client_metadata()) {
    metadata.Add(std::string(name.data(), name.size()), std::string(value.data(), value.size()));
  }
}

void ServerCall::LoadPeer(Peer& peer) {
  std::vector<std::string_view> forwarded_for;
  const auto [begin, end] = context_.client_metadata().equal_range("x-forwarded-for");
  for (auto it = begin; it != end; ++it) forwarded_for.emplace_back(it->second.data(), it->second.size());
  peer.address = environment_.proxies.ClientOf(AddressOf(context_.peer()), forwarded_for);
}

absl::Status ParseMessage(const grpc::ByteBuffer& bytes, google::protobuf::Message& message) {
  bool valid;
  if (grpc::Slice slice; bytes.TrySingleSlice(&slice).ok()) {
    valid = message.ParseFromArray(slice.begin(), static_cast<int>(slice.size()));
  } else {
    grpc::ByteBuffer copy(bytes);  // of references
    valid = grpc::SerializationTraits<google::protobuf::Message>::Deserialize(&copy, &message).ok();
  }
  if (valid) return absl::OkStatus();
  return absl::InvalidArgumentError(fmt::format("the request is not a valid {}", message.GetTypeName()));
}

void SerializeMessage(const google::protobuf::Message& message, grpc::ByteBuffer& bytes) {
  grpc::Slice slice(message.ByteSizeLong());
  message.SerializeWithCachedSizesToArray(const_cast<uint8_t*>(slice.begin()));
  grpc::ByteBuffer(&slice, 1).Swap(&bytes);  // an assignment would copy
}

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status();
  const auto code = static_cast<grpc::StatusCode>(status.code());
  const google::rpc::Status rpc = ToRpcStatus(status);
  if (rpc.details().empty()) return grpc::Status(code, rpc.message());
  return grpc::Status(code, rpc.message(), rpc.SerializeAsString());
}

}  // namespace tomada::grpc_server
