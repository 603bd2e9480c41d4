#include "reflection_stream.h"

#include <future>
#include <string>
#include <utility>

#include "descriptor_set.h"
#include "rpc/message_bytes.h"
#include "tomada/task.h"

namespace tomada::grpc_client {
namespace {

using grpc::reflection::v1::ServerReflectionRequest;
using grpc::reflection::v1::ServerReflectionResponse;

const char* PathOf(ReflectionStream::Version version) {
  return version == ReflectionStream::Version::kV1 ? "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"
                                                   : "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";
}

// What a server says to be no error is one all the same: there is no answer.
absl::Status ErrorOf(int code, std::string message) {
  return absl::Status(code == 0 ? absl::StatusCode::kUnknown : static_cast<absl::StatusCode>(code), message);
}

Task<bool> Awaited(Exchange::Awaiter awaiter) {
  const bool result = co_await awaiter;
  co_return result;
}

// Waits for it on this thread.
bool Wait(Exchange::Awaiter awaiter) {
  std::promise<bool> done;
  Spawn(Awaited(awaiter), [&done](bool result) { done.set_value(result); });
  return done.get_future().get();
}

}  // namespace

ReflectionStream::ReflectionStream(Wire& wire, const Backend& backend, Version version, Deadline deadline,
                                   std::stop_token stop)
    : exchange_(wire, Exchange::Kind::kStream, PathOf(version), InlineExecutor(), deadline, kMaxDescriptors) {
  exchange_.only = &backend;
  exchange_.Start();
  on_stop_.emplace(std::move(stop), [this] { exchange_.Cancel(); });
}

ReflectionStream::~ReflectionStream() {
  on_stop_.reset();
  if (!ended_) End().IgnoreError();
}

absl::Status ReflectionStream::End() {
  Wait(exchange_.Finish());
  ended_ = true;
  if (!exchange_.unreachable().empty()) return absl::UnavailableError(exchange_.unreachable());
  return ErrorOf(exchange_.status().raw_code(), std::string(exchange_.status().message()));
}

absl::StatusOr<ServerReflectionResponse> ReflectionStream::Ask(const ServerReflectionRequest& question) {
  if (!Wait(exchange_.Write(rpc::Frame(question))) || !Wait(exchange_.Read())) return End();
  ServerReflectionResponse answer;
  if (absl::Status parsed = rpc::Parse(exchange_.message(), kMaxDescriptors, answer); !parsed.ok()) return parsed;
  if (answer.has_error_response())
    return ErrorOf(answer.error_response().error_code(), answer.error_response().error_message());
  return answer;
}

}  // namespace tomada::grpc_client
