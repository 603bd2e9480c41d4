// What the end of an answer means to a gRPC client (PROTOCOL-HTTP2.md, http-grpc-status-mapping.md).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <absl/status/status.h>

namespace tomada::rpc {

// Of an answer's headers and trailers, what decides how the call ends.
class AnswerEnd {
 public:
  // False when the field is none of these.
  bool Take(std::string_view name, std::string_view value);

  int http_status() const { return http_status_; }

  // Of a stream that HTTP/2 closed with this error code. Of OK it does not know whether all messages have come.
  absl::Status status(uint32_t error_code) const;

 private:
  int http_status_ = 0;
  int grpc_status_ = -1;  // -1: none came
  std::string message_, details_;
};

}  // namespace tomada::rpc
