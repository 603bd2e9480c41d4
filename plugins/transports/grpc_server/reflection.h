// Server reflection: tells tools such as grpcurl which services there are and what their messages look like.
//
// grpc.reflection.v1 and v1alpha differ in nothing but the package name, so the messages of v1 serve both.
#pragma once

#include <memory>
#include <mutex>
#include <set>
#include <vector>

#include <grpc/reflection/v1/reflection.pb.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include "descriptor_index.h"

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

// The open streams. Outlives them.
class ReflectionSessions {
 public:
  explicit ReflectionSessions(const DescriptorIndex& index) : reflection_(index) {}

  // A new stream, one request and one response at a time, for as long as its client likes. Deletes itself.
  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* Begin();
  // Ends open streams, and new ones at once, with UNAVAILABLE, so that a drain need not wait for them.
  void Stop();

 private:
  class Session;
  void Remove(Session& session);

  const Reflection reflection_;
  std::mutex mutex_;
  bool stopped_ = false;
  std::set<Session*> sessions_;
};

// The services that these streams belong to.
std::vector<const google::protobuf::ServiceDescriptor*> ReflectionServices();

}  // namespace tomada::grpc_server
