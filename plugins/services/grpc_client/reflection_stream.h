// A conversation with a server's reflection service: one question, one answer.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>

#include <grpc/reflection/v1/reflection.pb.h>
#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>

#include <absl/status/statusor.h>

namespace tomada::grpc_client {

// Blocks. For one thread; fails with CANCELLED soon after `stop` is requested and with DEADLINE_EXCEEDED at `deadline`.
class ReflectionStream {
 public:
  // grpc.reflection.v1 and v1alpha differ in nothing but the package's name.
  enum class Version { kV1, kV1Alpha };

  // `stub` outlives it.
  ReflectionStream(grpc::GenericStub& stub, Version version, std::chrono::system_clock::time_point deadline,
                   std::stop_token stop);
  ~ReflectionStream();
  ReflectionStream(const ReflectionStream&) = delete;
  ReflectionStream& operator=(const ReflectionStream&) = delete;

  // An error that the server answers with, and the status that it ends the stream with, are both this one's status.
  // After the latter there are no more answers.
  absl::StatusOr<grpc::reflection::v1::ServerReflectionResponse> Ask(
      const grpc::reflection::v1::ServerReflectionRequest& question);
  bool ended() const { return ended_; }

 private:
  // Whether the operation that was started last has succeeded.
  bool Done();
  // Takes the status that the stream has ended with.
  absl::Status End();

  grpc::CompletionQueue queue_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream_;
  bool ended_ = false;
  std::optional<std::stop_callback<std::function<void()>>> on_stop_;
};

}  // namespace tomada::grpc_client
