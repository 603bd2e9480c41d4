// The servers at the other end, and calls to them.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <absl/status/status.h>

#include "config.h"
#include "tomada/call.h"
#include "tomada/service.h"
#include "tomada/task.h"
#include "wire.h"

namespace tomada::grpc_client {

// What a call needs to know of its method.
struct RemoteMethod {
  explicit RemoteMethod(const google::protobuf::MethodDescriptor& descriptor);

  std::string path;  // "/package.Service/Method"
  bool repeatable;   // its idempotency_level says that a call may be carried out twice
};

// Thread-safe. Outlives its calls.
//
// Calls go to the connected servers, as Wire says. A call ends with the server's status and details. While no server
// can be reached, it fails at once with UNAVAILABLE, "127.0.0.1:50051 cannot be reached: ...". Cancelling the call
// cancels it at the server. Its deadline and metadata are sent along, and the server's initial metadata becomes its
// response metadata.
class Remote {
 public:
  // Begins to connect. Without TLS `tls` is null.
  Remote(const Config& config, std::unique_ptr<net::TlsClientContext> tls, Logger log);

  // `method` outlives the call. When it is repeatable and the call ends with UNAVAILABLE, another connected server is
  // tried, once.
  Task<absl::Status> CallUnary(const RemoteMethod& method, Call& call, const google::protobuf::Message& request,
                               google::protobuf::Message& response);
  // `response` is a prototype. Reads one message, writes it, and then reads the next, so that a caller who reads slowly
  // slows the server down.
  Task<absl::Status> CallServerStreaming(const RemoteMethod& method, Call& call,
                                         const google::protobuf::Message& request,
                                         const google::protobuf::Message& response, MessageWriter& responses);
  // `request` is a prototype. Requests are passed on in the same way; once the server has ended the call, no more are
  // read. INTERNAL when the server says OK and has not sent exactly one answer.
  Task<absl::Status> CallClientStreaming(const RemoteMethod& method, Call& call,
                                         const google::protobuf::Message& request, MessageReader& requests,
                                         google::protobuf::Message& response);
  // `request` and `response` are prototypes.
  Task<absl::Status> CallBidiStreaming(const RemoteMethod& method, Call& call, const google::protobuf::Message& request,
                                       const google::protobuf::Message& response, MessageReader& requests,
                                       MessageWriter& responses);

  // Ends all connections, and with UNAVAILABLE every call that is left or comes later.
  void Stop() { wire_.Stop(); }

  Wire& wire() { return wire_; }
  // "127.0.0.1:50051", or several with commas.
  const std::string& name() const { return name_; }

 private:
  // Counts a call while it lives.
  class Slot {
   public:
    explicit Slot(Remote& remote)
        : remote_(remote), free_(remote.calls_.fetch_add(1, std::memory_order_relaxed) < remote.max_calls_) {}
    ~Slot() { remote_.calls_.fetch_sub(1, std::memory_order_relaxed); }
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;

    // RESOURCE_EXHAUSTED when there are too many calls.
    absl::Status status() const;

   private:
    Remote& remote_;
    const bool free_;
  };
  // Makes an exchange, has `talk` start it and pass the messages on, and waits for its end.
  template <class Talk>
  Task<absl::Status> Stream(const RemoteMethod& method, Call& call, Talk talk);

  const std::chrono::nanoseconds timeout_;
  const int max_calls_;
  const size_t max_message_;
  std::string name_;
  std::atomic<int> calls_{0};
  Wire wire_;
};

}  // namespace tomada::grpc_client
