// What every gRPC call here has in common, unary or streaming: admission, deadline, cancellation, metadata.
#pragma once

#include <atomic>
#include <chrono>

#include <google/protobuf/message.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <absl/status/status.h>

#include "deadline_timer.h"
#include "drain_gate.h"
#include "open_streams.h"
#include "tomada/call.h"
#include "tomada/log.h"
#include "tomada/metrics.h"
#include "tomada/served_method.h"

namespace tomada::grpc_server {

// What the calls of one server share. Outlives them.
struct CallEnvironment {
  CallEnvironment(Logger logger, Metrics counts, std::chrono::nanoseconds default_limit,
                  std::chrono::nanoseconds max_limit, int most)
      : log(std::move(logger)),
        metrics(std::move(counts)),
        default_deadline(default_limit),
        max_deadline(max_limit),
        max_calls(most) {}

  const Logger log;
  const Metrics metrics;
  const std::chrono::nanoseconds default_deadline, max_deadline;
  const int max_calls;

  std::atomic<int> calls{0};  // in flight
  DeadlineTimer timer;
  DrainGate gate;
  OpenStreams streams;
};

// How long a call may take: as the config says, or, for the protocols that are meant to stay open (health watches), as
// long as the client keeps it.
enum class CallLimit { kConfigured, kNone };

// The steps of a call, each on the thread that the one before it ended on:
//
//   Admit -> the handler starts -> Started, when it has suspended -> ... -> Complete
//
// A call resumes on the thread that completed what it awaited: gRPC takes results from any thread, and a hop to another
// costs more than what is left to do.
class ServerCall : public Call, private DeadlineTimer::Entry, private DrainGate::Held {
 public:
  // `served` outlives the call.
  ServerCall(CallEnvironment& environment, ServedMethod& served, grpc::CallbackServerContext& context, CallLimit limit);

 protected:
  // RESOURCE_EXHAUSTED when there are too many calls. Complete follows in any case.
  absl::Status Admit();
  // The handler has suspended or completed, perhaps on another thread; the call is still there.
  void Started();
  // Ends the call. Nothing of it is touched after this: it may be gone.
  void Complete(const absl::Status& status);
  // gRPC says that the client went away or its deadline passed. As above: the handler may complete inside it.
  void Cancelled();
  // Why gRPC has ended the call. What fails on that account may be told before Cancelled is.
  absl::Status WhyCancelled() const;

  // Puts the response metadata where gRPC sends it from. Before the first response; later it is of no effect.
  void SendMetadata();

  CallEnvironment& environment() const { return environment_; }
  grpc::CallbackServerContext& context() const { return context_; }

  // Finishes the reactor.
  virtual void FinishReactor(grpc::Status status) = 0;
  // The deadline that gRPC does not know has passed: what stands still until gRPC does something is woken.
  virtual void Expire() {}
  static absl::Status TookTooLong();

 private:
  ServerCall(CallEnvironment& environment, ServedMethod& served, grpc::CallbackServerContext& context, Deadline client,
             CallLimit limit);
  void LoadMetadata(Metadata& metadata) override;
  void OnDeadline() final;
  void OnRelease() final;

  CallEnvironment& environment_;
  ServedMethod& served_;
  const Deadline begin_;
  grpc::CallbackServerContext& context_;
  const bool watched_by_grpc_;  // the deadline is the client's own
  bool metadata_sent_ = false;
  std::atomic<bool> timed_{false}, completed_{false};
  grpc::Status result_;
};

// INVALID_ARGUMENT when `bytes` are not a valid message of its type.
absl::Status ParseMessage(const grpc::ByteBuffer& bytes, google::protobuf::Message& message);
void SerializeMessage(const google::protobuf::Message& message, grpc::ByteBuffer& bytes);

// With grpc-status-details-bin when the status has details for the client.
grpc::Status ToGrpcStatus(const absl::Status& status);

}  // namespace tomada::grpc_server
