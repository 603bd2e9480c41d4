// The servers at the other end, and calls to them.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <grpcpp/client_context.h>

#include <absl/status/status.h>

#include "backend.h"
#include "config.h"
#include "tomada/call.h"
#include "tomada/service.h"
#include "tomada/task.h"

namespace tomada::grpc_client {

// What a call needs to know of its method.
struct RemoteMethod {
  explicit RemoteMethod(const google::protobuf::MethodDescriptor& descriptor);

  std::string path;  // "/package.Service/Method"
  bool repeatable;   // its idempotency_level says that a call may be carried out twice
};

// Thread-safe. Outlives its calls.
//
// Calls go to the connected servers, round robin. A call ends with the server's status and details. While no server can
// be reached, it fails at once with UNAVAILABLE, "127.0.0.1:50051 cannot be reached: ...". Cancelling the call cancels
// it at the server. Its deadline and metadata are sent along, and the server's initial metadata becomes its response
// metadata.
class Remote {
 public:
  Remote(const Config& config, const std::shared_ptr<grpc::ChannelCredentials>& credentials);

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

  // Ends the connections' threads. A call that comes later takes the channel.
  void Stop();

  const std::vector<std::unique_ptr<Backend>>& backends() const { return backends_; }
  // "127.0.0.1:50051", or several with commas.
  const std::string& name() const { return name_; }

 private:
  // The next connected one, round robin. When none is connected, any: its channel connects or fails the call.
  Backend& Choose();
  // The next connected one other than `except`; null when there is none.
  Backend* Connected(const Backend* except);
  // One try of a unary call, over our own HTTP/2 connection if it is open, else over the channel. `metadata` is set to
  // the server's.
  Task<absl::Status> Ask(Backend& backend, const RemoteMethod& method, Call& call, Deadline deadline,
                         const google::protobuf::Message& request, google::protobuf::Message& response,
                         Metadata& metadata);
  Task<absl::Status> AskChannel(Backend& backend, const RemoteMethod& method, Call& call, Deadline deadline,
                                const google::protobuf::Message& request, google::protobuf::Message& response,
                                Metadata& metadata);
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
  // Makes an exchange, has `talk` start it on a stub and pass the messages on, and waits for its end.
  template <class Talk>
  Task<absl::Status> Stream(Call& call, Talk talk);

  const std::chrono::nanoseconds timeout_;
  const int max_calls_;
  const size_t max_message_;
  std::vector<std::unique_ptr<Backend>> backends_;
  std::string name_;
  std::atomic<int> calls_{0};
  std::atomic<size_t> next_{0};
};

}  // namespace tomada::grpc_client
