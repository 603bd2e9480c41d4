// Messages as gRPC sends them.
#pragma once

#include <string_view>

#include <google/protobuf/message.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/support/byte_buffer.h>

#include <absl/status/status.h>

#include "http2_call.h"

namespace tomada::grpc_client {

// Reads `bytes`, a message of the server's, and empties them. They may be compressed by gzip or deflate (zlib's
// format). INTERNAL when they are no message of this type, RESOURCE_EXHAUSTED when they inflate to more than
// `max_message`: gRPC looks at the size before that. Does not check that proto2's required fields are set: that costs
// half as much as the parsing, and is the server's duty.
absl::Status Parse(grpc::ByteBuffer& bytes, size_t max_message, google::protobuf::Message& message);
// The same of one message with gRPC's prefix.
absl::Status Parse(std::string_view framed, size_t max_message, google::protobuf::Message& message);

inline void Serialize(const google::protobuf::Message& message, grpc::ByteBuffer& bytes) {
  bytes.Clear();  // gRPC aborts the process when there is something in it
  bool own;
  grpc::SerializationTraits<google::protobuf::Message>::Serialize(message, &bytes, &own);
}

}  // namespace tomada::grpc_client
