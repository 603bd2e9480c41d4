// Messages as gRPC sends them: a byte that says whether the message is compressed, four with its length as it is sent,
// and the message.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <google/protobuf/message.h>

#include <absl/status/status.h>

namespace tomada::rpc {

constexpr size_t kPrefix = 5;
std::string Frame(const google::protobuf::Message& message);
// The length that a prefix tells.
size_t FramedSize(std::string_view prefix);

// Reads one whole message of a server's, with its prefix. It may be compressed by gzip or deflate (zlib's format).
// INTERNAL when it is no message of this type, RESOURCE_EXHAUSTED when it inflates to more than `max_message`. Does not
// check that proto2's required fields are set: that costs half as much as the parsing, and is the server's duty.
absl::Status Parse(std::string_view framed, size_t max_message, google::protobuf::Message& message);

}  // namespace tomada::rpc
