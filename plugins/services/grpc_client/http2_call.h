// One unary call as an Http2Connection carries it.
#pragma once

#include <atomic>
#include <coroutine>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <google/protobuf/message.h>
#include <grpcpp/support/status.h>

#include "tomada/call.h"

namespace tomada::grpc_client {

struct Http2Call {
  // Both outlive it.
  Http2Call(std::string_view path, Executor& executor, Deadline deadline)
      : path(path), executor(executor), deadline(deadline) {}

  // --- what goes ---
  const std::string_view path;
  Executor& executor;  // where the await goes on
  const Deadline deadline;
  Metadata metadata;
  std::string request;  // with gRPC's prefix, see Frame

  // --- what comes ---
  // False when the server has not begun with it and never will. Then it may be sent again, and the rest has no meaning.
  bool sent = false;
  grpc::Status status;
  Metadata response_metadata;
  std::string answer;  // as `request`; one whole message when the status is OK. It may be compressed: see Parse

  // --- the connection's own ---
  std::coroutine_handle<> waiting;
  uint64_t number = 0;  // of this call alone, so that it can be named when it is gone
  std::atomic<bool> cancelled{false};
  int32_t stream = -1;
  size_t request_at = 0;  // bytes of `request` that are on their way
  size_t header_bytes = 0;
  int http_status = 0;
  int grpc_status = -1;  // -1: none came
  std::string grpc_message, grpc_details, grpc_encoding;
};

// gRPC's prefix: a byte that says whether the message is compressed, and four with its length as it is sent.
constexpr size_t kPrefix = 5;
std::string Frame(const google::protobuf::Message& message);
// The length that a prefix tells.
size_t FramedSize(std::string_view prefix);

}  // namespace tomada::grpc_client
