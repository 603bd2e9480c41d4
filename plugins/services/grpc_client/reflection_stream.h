// A conversation with a server's reflection service: one question, one answer.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>

#include <grpc/reflection/v1/reflection.pb.h>

#include <absl/status/statusor.h>

#include "exchange.h"
#include "wire.h"

namespace tomada::grpc_client {

// Blocks. For one thread; fails with CANCELLED soon after `stop` is requested and with DEADLINE_EXCEEDED at `deadline`.
class ReflectionStream {
 public:
  // grpc.reflection.v1 and v1alpha differ in nothing but the package's name.
  enum class Version { kV1, kV1Alpha };

  // With that server. Both outlive it.
  ReflectionStream(Wire& wire, const Backend& backend, Version version, Deadline deadline, std::stop_token stop);
  ~ReflectionStream();
  ReflectionStream(const ReflectionStream&) = delete;
  ReflectionStream& operator=(const ReflectionStream&) = delete;

  // An error that the server answers with, and the status that it ends the stream with, are both this one's status.
  // After the latter there are no more answers.
  absl::StatusOr<grpc::reflection::v1::ServerReflectionResponse> Ask(
      const grpc::reflection::v1::ServerReflectionRequest& question);
  bool ended() const { return ended_; }

 private:
  // Takes the status that the stream has ended with.
  absl::Status End();

  Exchange exchange_;
  bool ended_ = false;
  std::optional<std::stop_callback<std::function<void()>>> on_stop_;
};

}  // namespace tomada::grpc_client
