// What a call's end means, from what HTTP/2 tells of it (gRPC's PROTOCOL-HTTP2.md and http-grpc-status-mapping.md).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "http2_call.h"

namespace tomada::grpc_client {

// The status of a call whose stream was closed with this HTTP/2 error code, from the headers that came and, where they
// say OK, from whether the message is whole.
grpc::Status EndOf(const Http2Call& call, uint32_t error_code);

// "a%20b" is "a b". What is no escape stays as it is.
std::string PercentDecoded(std::string_view text);

}  // namespace tomada::grpc_client
