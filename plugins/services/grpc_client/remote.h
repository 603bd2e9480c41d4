// The server at the other end: one channel, and calls over it.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>

#include <google/protobuf/message.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>

#include <absl/status/status.h>

#include "config.h"
#include "tomada/call.h"
#include "tomada/service.h"
#include "tomada/task.h"

namespace tomada::grpc_client {

// Thread-safe. Outlives its calls.
//
// A call ends with the server's status and details. While the server cannot be reached, it fails at once with
// UNAVAILABLE, "127.0.0.1:50051 cannot be reached: ...". Cancelling the call cancels it at the server; its deadline
// and metadata travel, and the server's initial metadata comes back as response metadata.
class Remote {
 public:
  explicit Remote(const Config& config);

  // `path` is "/package.Service/Method" and outlives the call.
  Task<absl::Status> CallUnary(const std::string& path, Call& call, const google::protobuf::Message& request,
                               google::protobuf::Message& response);
  // `response` is a prototype. Reads one message, writes it, and then reads the next: whoever reads slowly there slows
  // the server down.
  Task<absl::Status> CallServerStreaming(const std::string& path, Call& call, const google::protobuf::Message& request,
                                         const google::protobuf::Message& response, MessageWriter& responses);

  grpc::Channel& channel() { return *channel_; }
  const std::string& target() const { return target_; }
  // OK, or why a call that does nothing fails. For a channel that has failed to connect that comes at once; waits at
  // most a second.
  absl::Status Probe();

 private:
  // RESOURCE_EXHAUSTED when there are too many calls. Leave follows in any case.
  absl::Status Enter();
  void Leave() { calls_.fetch_sub(1, std::memory_order_relaxed); }
  // What every call sends.
  void Prepare(Call& call, Deadline deadline, grpc::ClientContext& context) const;
  // What it ends with.
  absl::Status ToStatus(const Call& call, const grpc::Status& status) const;

  const std::string target_;
  const std::chrono::nanoseconds timeout_;
  const int max_calls_;
  const std::shared_ptr<grpc::Channel> channel_;
  grpc::GenericStub stub_;
  std::atomic<int> calls_{0};
};

}  // namespace tomada::grpc_client
