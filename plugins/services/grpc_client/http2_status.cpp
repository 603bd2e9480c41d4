#include "http2_status.h"

#include <absl/strings/escaping.h>
#include <fmt/format.h>
#include <nghttp2/nghttp2.h>

namespace tomada::grpc_client {
namespace {

using grpc::StatusCode;

StatusCode FromHttp(int status) {
  switch (status) {
    case 400: return StatusCode::INTERNAL;
    case 401: return StatusCode::UNAUTHENTICATED;
    case 403: return StatusCode::PERMISSION_DENIED;
    case 404: return StatusCode::UNIMPLEMENTED;
    case 429:
    case 502:
    case 503:
    case 504: return StatusCode::UNAVAILABLE;
    default: return StatusCode::UNKNOWN;
  }
}

StatusCode FromHttp2(uint32_t error_code) {
  switch (error_code) {
    case NGHTTP2_CANCEL: return StatusCode::CANCELLED;
    case NGHTTP2_ENHANCE_YOUR_CALM: return StatusCode::RESOURCE_EXHAUSTED;
    case NGHTTP2_INADEQUATE_SECURITY: return StatusCode::PERMISSION_DENIED;
    default: return StatusCode::INTERNAL;
  }
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string Frame(const google::protobuf::Message& message) {
  const size_t size = message.ByteSizeLong();
  std::string framed(kPrefix + size, '\0');
  for (size_t i = 1; i < kPrefix; ++i) framed[i] = static_cast<char>(size >> 8 * (kPrefix - 1 - i) & 255);
  message.SerializeToArray(framed.data() + kPrefix, static_cast<int>(size));
  return framed;
}

size_t FramedSize(std::string_view prefix) {
  size_t size = 0;
  for (size_t i = 1; i < kPrefix; ++i) size = size << 8 | static_cast<unsigned char>(prefix[i]);
  return size;
}

grpc::Status EndOf(const Http2Call& call, uint32_t error_code) {
  if (call.grpc_status > 0) {
    // Codes that nobody has defined are read as UNKNOWN.
    const auto code = call.grpc_status <= StatusCode::UNAUTHENTICATED ? static_cast<StatusCode>(call.grpc_status)
                                                                      : StatusCode::UNKNOWN;
    std::string details;
    absl::Base64Unescape(call.grpc_details, &details);  // broken ones are none
    return grpc::Status(code, PercentDecoded(call.grpc_message), details);
  }
  if (call.grpc_status == 0) {
    if (call.answer.empty()) return grpc::Status(StatusCode::UNIMPLEMENTED, "the server answered without a message");
    if (call.answer.size() >= kPrefix && call.answer.size() == kPrefix + FramedSize(call.answer))
      return grpc::Status::OK;
    return grpc::Status(StatusCode::INTERNAL, "the server's answer was cut off");
  }
  if (error_code != NGHTTP2_NO_ERROR) {
    return grpc::Status(FromHttp2(error_code), fmt::format("the server ended the call with the HTTP/2 error {}",
                                                           nghttp2_http2_strerror(error_code)));
  }
  return grpc::Status(FromHttp(call.http_status),
                      fmt::format("the server answered without a grpc-status, HTTP status {}", call.http_status));
}

std::string PercentDecoded(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? HexDigit(text[i + 1]) : -1;
    const int low = high >= 0 ? HexDigit(text[i + 2]) : -1;
    if (low < 0) {
      decoded += text[i];
    } else {
      decoded += static_cast<char>(high << 4 | low);
      i += 2;
    }
  }
  return decoded;
}

}  // namespace tomada::grpc_client
