// Server reflection: tells tools such as grpcurl which services there are and what their messages look like.
//
// grpc.reflection.v1 and v1alpha differ in nothing but the package name, so the messages of v1 serve both. Who asks is
// shown the services and methods that it may see, and all messages.
#pragma once

#include <set>
#include <stop_token>
#include <string>
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

  // Full names of services and methods.
  using Names = std::set<std::string>;

  // A request that nothing is found for is answered with an ErrorResponse, and so is one for what is hidden.
  grpc::reflection::v1::ServerReflectionResponse Answer(const grpc::reflection::v1::ServerReflectionRequest& request,
                                                        const Names& hidden) const;

 private:
  const DescriptorIndex& index_;
};

// Both versions as services: one request and one response at a time, for as long as the client likes.
class ReflectionService {
 public:
  // `index` outlives it.
  ReflectionService(const DescriptorIndex& index, Logger log) : reflection_(index), log_(std::move(log)) {}

  // `this` outlives them.
  std::vector<Service> Describe();
  // One of the index, which is asked what may be seen. Before the first call; it outlives this.
  void Add(const Service& service) { services_.push_back(&service); }
  // Ends open streams, and new ones at once, with UNAVAILABLE, so that a drain need not wait for them. May be called
  // twice.
  void Stop() { stop_.request_stop(); }

 private:
  template <class Request, class Response>
  Task<absl::Status> Serve(Call& call, Reader<Request> requests, Writer<Response> responses);
  Task<Reflection::Names> NamesHiddenFrom(Call& call) const;

  const Reflection reflection_;
  const Logger log_;
  std::vector<const Service*> services_;
  std::stop_source stop_;
};

}  // namespace tomada::grpc_server
