// What every gRPC call here has in common, unary or streaming: admission, deadline, cancellation, metadata.
#pragma once

#include <atomic>
#include <chrono>

#include <google/protobuf/message.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <absl/status/status.h>

#include "call_executors.h"
#include "drain_gate.h"
#include "open_streams.h"
#include "tomada/call.h"
#include "tomada/log.h"
#include "tomada/metrics.h"
#include "tomada/served_method.h"
#include "tomada/timer.h"
#include "tomada/trusted_proxies.h"

namespace tomada::grpc_server {

// What the calls of one server share. Outlives them.
struct CallEnvironment {
  CallEnvironment(Logger logger, Metrics counts, std::chrono::nanoseconds default_limit,
                  std::chrono::nanoseconds max_limit, int most, TrustedProxies trusted)
      : log(std::move(logger)),
        metrics(std::move(counts)),
        default_deadline(default_limit),
        max_deadline(max_limit),
        max_calls(most),
        proxies(std::move(trusted)) {}

  const Logger log;
  const Metrics metrics;
  const std::chrono::nanoseconds default_deadline, max_deadline;
  const int max_calls;
  const TrustedProxies proxies;

  std::atomic<int> calls{0};  // in flight
  CallExecutors executors;
  DrainGate gate;
  OpenStreams streams;
};

// How long a call may take: as the config says, or, for the protocols that are meant to stay open (health watches), as
// long as the client keeps it.
enum class CallLimit { kConfigured, kNone };

// The steps of a call: Admit on a thread of gRPC's; then, on the call's executor, WatchDeadline, the handler and
// Complete. gRPC takes results from any thread.
class ServerCall : public Call, private DrainGate::Held {
 public:
  // `served` outlives the call.
  ServerCall(CallEnvironment& environment, ServedMethod& served, grpc::CallbackServerContext& context, CallLimit limit);

 protected:
  // RESOURCE_EXHAUSTED when there are too many calls. Complete follows in any case.
  absl::Status Admit();
  // While it lives, it ends a call whose deadline gRPC does not watch itself. In the coroutine that serves the call: it
  // begins and ends on the call's executor, whose timers nobody else may touch. Whoever started that coroutine may get
  // its end on a thread of gRPC, when it was there before the start has returned.
  class DeadlineWatch final : private Timer {
   public:
    explicit DeadlineWatch(ServerCall& call) : Timer(call.executor().timers()), call_(call) {
      if (!call.watched_by_grpc_) SetDeadline(call.deadline());
    }

   private:
    void Expired() override { call_.OnDeadline(); }
    ServerCall& call_;
  };
  // Ends the call. Nothing of it is touched after this: it may be gone.
  void Complete(const absl::Status& status);
  // gRPC says that the client went away or its deadline passed.
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
  void LoadPeer(Peer& peer) override;
  void OnDeadline();
  void OnRelease() final;

  CallEnvironment& environment_;
  ServedMethod& served_;
  const Deadline begin_;
  grpc::CallbackServerContext& context_;
  const bool watched_by_grpc_;  // the deadline is the client's own
  bool metadata_sent_ = false;
  grpc::Status result_;
};

// INVALID_ARGUMENT when `bytes` are not a valid message of its type.
absl::Status ParseMessage(const grpc::ByteBuffer& bytes, google::protobuf::Message& message);
void SerializeMessage(const google::protobuf::Message& message, grpc::ByteBuffer& bytes);

// With grpc-status-details-bin when the status has details for the client.
grpc::Status ToGrpcStatus(const absl::Status& status);

}  // namespace tomada::grpc_server
