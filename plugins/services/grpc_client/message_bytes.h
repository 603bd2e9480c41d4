// Messages as gRPC sends them.
#pragma once

#include <google/protobuf/message.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/support/byte_buffer.h>

#include <absl/status/status.h>

#include <fmt/format.h>

namespace tomada::grpc_client {

// INTERNAL when `bytes`, which the server sent, are no message of this type.
inline absl::Status Parse(grpc::ByteBuffer& bytes, google::protobuf::Message& message) {
  using Bytes = grpc::SerializationTraits<google::protobuf::Message>;
  if (Bytes::Deserialize(&bytes, &message).ok()) return absl::OkStatus();
  return absl::InternalError(fmt::format("the server's answer is not a valid {}", message.GetTypeName()));
}

inline void Serialize(const google::protobuf::Message& message, grpc::ByteBuffer& bytes) {
  bytes.Clear();  // gRPC aborts the process when there is something in it
  bool own;
  grpc::SerializationTraits<google::protobuf::Message>::Serialize(message, &bytes, &own);
}

}  // namespace tomada::grpc_client
