// Server reflection: tells tools such as grpcurl which services there are and what their messages look like.
//
// grpc.reflection.v1 and v1alpha differ in nothing but the package name, so the messages of v1 serve both.
#pragma once

#include <stop_token>
#include <vector>

#include <grpc/reflection/v1/reflection.pb.h>

#include "descriptor_index.h"
#include "tomada/service.h"

namespace tomada::grpc_server {

// Answers single requests.
class Reflection {
 public:
  // `index` outlives it.
  explicit Reflection(const DescriptorIndex& index) : index_(index) {}

  // A request that nothing is found for is answered with an ErrorResponse.
  grpc::reflection::v1::ServerReflectionResponse Answer(
      const grpc::reflection::v1::ServerReflectionRequest& request) const;

 private:
  const DescriptorIndex& index_;
};

// Both versions as services: one request and one response at a time, for as long as the client likes.
class ReflectionService {
 public:
  // `index` outlives it.
  explicit ReflectionService(const DescriptorIndex& index) : reflection_(index) {}

  // `this` outlives them.
  std::vector<Service> Describe();
  // Ends open streams, and new ones at once, with UNAVAILABLE, so that a drain need not wait for them. May be called
  // twice.
  void Stop() { stop_.request_stop(); }

 private:
  template <class Request, class Response>
  Task<absl::Status> Serve(Call& call, Reader<Request> requests, Writer<Response> responses);

  const Reflection reflection_;
  std::stop_source stop_;
};

}  // namespace tomada::grpc_server
