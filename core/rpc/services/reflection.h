// Server reflection: tells tools such as grpcurl which services there are and what their messages look like. For any
// transport to offer that has streams in both directions.
//
// grpc.reflection.v1 and v1alpha differ in nothing but the package name, so the messages of v1 serve both. Who asks is
// shown the services and methods that it may see, and all messages.
#pragma once

#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include <grpc/reflection/v1/reflection.pb.h>

#include "rpc/services/descriptor_index.h"
#include "tomada/service.h"

namespace tomada::rpc {

// Both versions as services: one request and one response at a time, for as long as the client likes.
class ReflectionService {
 public:
  explicit ReflectionService(Logger log) : log_(std::move(log)) {}

  // `this` outlives them.
  std::vector<Service> Describe();
  // One that is told of, and asked what may be seen of it. Before the first call; it outlives this.
  void Add(const Service& service);
  // Ends open streams, and new ones at once, with UNAVAILABLE, so that a drain need not wait for them. May be called
  // twice.
  void Stop() { stop_.request_stop(); }

 private:
  using Names = std::set<std::string>;  // full ones, of services and methods
  using V1Request = grpc::reflection::v1::ServerReflectionRequest;
  using V1Response = grpc::reflection::v1::ServerReflectionResponse;

  template <class Request, class Response>
  Task<absl::Status> Serve(Call& call, Reader<Request> requests, Writer<Response> responses);
  Task<Names> NamesHiddenFrom(Call& call) const;
  // A request that nothing is found for is answered with an ErrorResponse, and so is one for what is hidden.
  V1Response Answer(const V1Request& request, const Names& hidden) const;

  const Logger log_;
  DescriptorIndex index_;
  std::vector<const Service*> services_;
  std::stop_source stop_;
};

}  // namespace tomada::rpc
