#include "reflection_stream.h"

#include <string>
#include <utility>

#include "backend.h"
#include "descriptor_set.h"
#include "message_bytes.h"

namespace tomada::grpc_client {
namespace {

using grpc::reflection::v1::ServerReflectionRequest;
using grpc::reflection::v1::ServerReflectionResponse;

std::string PathOf(ReflectionStream::Version version) {
  return version == ReflectionStream::Version::kV1 ? "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"
                                                   : "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";
}

absl::Status StatusOf(int code, const std::string& message) {
  // What a server says to be no error is one all the same: there is no answer.
  return absl::Status(code == 0 ? absl::StatusCode::kUnknown : static_cast<absl::StatusCode>(code), message);
}

}  // namespace

ReflectionStream::ReflectionStream(grpc::GenericStub& stub, Version version,
                                   std::chrono::system_clock::time_point deadline, std::stop_token stop) {
  context_.set_deadline(deadline);
  stream_ = stub.PrepareCall(&context_, PathOf(version), &queue_);
  on_stop_.emplace(std::move(stop), [this] { context_.TryCancel(); });
  stream_->StartCall(this);
  Done();  // how it went is told by what comes next
}

ReflectionStream::~ReflectionStream() {
  on_stop_.reset();
  context_.TryCancel();
  if (!ended_) End().IgnoreError();
}

bool ReflectionStream::Done() {
  void* tag;
  bool ok = false;
  queue_.Next(&tag, &ok);
  return ok;
}

absl::Status ReflectionStream::End() {
  grpc::Status status;
  stream_->Finish(&status, this);
  Done();
  ended_ = true;
  return StatusOf(status.error_code(), Backend::Cause(status));
}

absl::StatusOr<ServerReflectionResponse> ReflectionStream::Ask(const ServerReflectionRequest& question) {
  grpc::ByteBuffer asked, answered;
  Serialize(question, asked);
  stream_->Write(asked, this);
  if (!Done()) return End();
  stream_->Read(&answered, this);
  if (!Done()) return End();
  ServerReflectionResponse answer;
  if (absl::Status parsed = Parse(answered, kMaxDescriptors, answer); !parsed.ok()) return parsed;
  if (answer.has_error_response())
    return StatusOf(answer.error_response().error_code(), answer.error_response().error_message());
  return answer;
}

}  // namespace tomada::grpc_client
