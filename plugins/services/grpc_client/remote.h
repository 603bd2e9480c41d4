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
// Calls go to the servers that are connected, in turn. A call ends with the server's status and details. While no
// server can be reached, it fails at once with UNAVAILABLE, "127.0.0.1:50051 cannot be reached: ...". Cancelling the
// call cancels it at the server; its deadline and metadata travel, and the server's initial metadata comes back as
// response metadata.
class Remote {
 public:
  Remote(const Config& config, const std::shared_ptr<grpc::ChannelCredentials>& credentials);

  // `method` outlives the call. One that is repeatable and ends with UNAVAILABLE is tried once more, when another
  // server is connected, there.
  Task<absl::Status> CallUnary(const RemoteMethod& method, Call& call, const google::protobuf::Message& request,
                               google::protobuf::Message& response);
  // `response` is a prototype. Reads one message, writes it, and then reads the next: whoever reads slowly there slows
  // the server down.
  Task<absl::Status> CallServerStreaming(const RemoteMethod& method, Call& call,
                                         const google::protobuf::Message& request,
                                         const google::protobuf::Message& response, MessageWriter& responses);
  // `request` is a prototype. Requests are passed on in the same way; once the server has ended the call, no more are
  // read. INTERNAL when it has sent no answer, or several, and says that all is well.
  Task<absl::Status> CallClientStreaming(const RemoteMethod& method, Call& call,
                                         const google::protobuf::Message& request, MessageReader& requests,
                                         google::protobuf::Message& response);
  // `request` and `response` are prototypes.
  Task<absl::Status> CallBidiStreaming(const RemoteMethod& method, Call& call, const google::protobuf::Message& request,
                                       const google::protobuf::Message& response, MessageReader& requests,
                                       MessageWriter& responses);

  const std::vector<std::unique_ptr<Backend>>& backends() const { return backends_; }
  // "127.0.0.1:50051", or several with commas.
  const std::string& name() const { return name_; }

 private:
  // A connected one, in turn. Without any, one that fails the call or connects.
  Backend& Choose();
  // A connected one other than `except`, in turn; null when there is none.
  Backend* Connected(const Backend* except);
  // One try of a unary call, over HTTP/2 of our own where that is open, else over the channel. `metadata` becomes the
  // server's.
  Task<absl::Status> Ask(Backend& backend, const RemoteMethod& method, Call& call, Deadline deadline,
                         const google::protobuf::Message& request, google::protobuf::Message& response,
                         Metadata& metadata);
  Task<absl::Status> AskChannel(Backend& backend, const RemoteMethod& method, Call& call, Deadline deadline,
                                const google::protobuf::Message& request, google::protobuf::Message& response,
                                Metadata& metadata);
  // RESOURCE_EXHAUSTED when there are too many calls. Leave follows in any case.
  absl::Status Enter();
  void Leave() { calls_.fetch_sub(1, std::memory_order_relaxed); }
  // What all streams have around `talk`, which starts an exchange with a stub and does the rest.
  template <class Talk>
  Task<absl::Status> Stream(Call& call, Talk talk);

  const std::chrono::nanoseconds timeout_;
  const int max_calls_;
  std::vector<std::unique_ptr<Backend>> backends_;
  std::string name_;
  std::atomic<int> calls_{0};
  std::atomic<size_t> turn_{0};
};

}  // namespace tomada::grpc_client
