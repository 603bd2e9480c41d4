// Messages as gRPC sends them.
#pragma once

#include <string_view>

#include <google/protobuf/message.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/support/byte_buffer.h>

#include <absl/status/status.h>

#include <fmt/format.h>

#include "http2_call.h"

namespace tomada::grpc_client {

inline absl::Status Invalid(const google::protobuf::Message& message) {
  return absl::InternalError(fmt::format("the server's answer is not a valid {}", message.GetTypeName()));
}

// INTERNAL when `bytes`, which the server sent, are no message of this type. Does not check that proto2's required
// fields are set: that costs half as much as the parsing, and is the server's duty.
inline absl::Status Parse(grpc::ByteBuffer& bytes, google::protobuf::Message& message) {
  grpc::ProtoBufferReader reader(&bytes);
  const bool parsed = reader.status().ok() && message.ParsePartialFromZeroCopyStream(&reader);
  bytes.Clear();
  return parsed ? absl::OkStatus() : Invalid(message);
}

// The same of one message with gRPC's prefix.
inline absl::Status Parse(std::string_view framed, google::protobuf::Message& message) {
  const std::string_view bytes = framed.substr(kPrefix);
  const bool parsed = message.ParsePartialFromArray(bytes.data(), static_cast<int>(bytes.size()));
  return parsed ? absl::OkStatus() : Invalid(message);
}

inline void Serialize(const google::protobuf::Message& message, grpc::ByteBuffer& bytes) {
  bytes.Clear();  // gRPC aborts the process when there is something in it
  bool own;
  grpc::SerializationTraits<google::protobuf::Message>::Serialize(message, &bytes, &own);
}

}  // namespace tomada::grpc_client
