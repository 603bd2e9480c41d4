#include "rpc/answer_end.h"

#include <charconv>

#include <fmt/format.h>
#include <google/rpc/status.pb.h>
#include <nghttp2/nghttp2.h>

#include "rpc/base64.h"
#include "rpc/http_status.h"
#include "rpc/percent.h"
#include "tomada/status.h"

namespace tomada::rpc {
namespace {

using absl::StatusCode;

StatusCode CodeOfHttp2(uint32_t error_code) {
  switch (error_code) {
    case NGHTTP2_CANCEL: return StatusCode::kCancelled;
    case NGHTTP2_ENHANCE_YOUR_CALM: return StatusCode::kResourceExhausted;
    case NGHTTP2_INADEQUATE_SECURITY: return StatusCode::kPermissionDenied;
    default: return StatusCode::kInternal;
  }
}

int ToNumber(std::string_view text, int otherwise) {
  int number;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && number >= 0 ? number : otherwise;
}

}  // namespace

bool AnswerEnd::Take(std::string_view name, std::string_view value) {
  if (name == ":status") {
    http_status_ = ToNumber(value, 0);
  } else if (name == "grpc-status") {
    grpc_status_ = ToNumber(value, static_cast<int>(StatusCode::kUnknown));
  } else if (name == "grpc-message") {
    message_ = value;
  } else if (name == "grpc-status-details-bin") {
    details_ = value;
  } else {
    return false;
  }
  return true;
}

absl::Status AnswerEnd::status(uint32_t error_code) const {
  if (grpc_status_ == 0) return absl::OkStatus();
  if (grpc_status_ > 0) {
    google::rpc::Status status;
    std::string details;
    // Broken ones are none.
    if (!ParseBase64(details_, &details) || !status.ParseFromString(details)) status.Clear();
    status.set_code(grpc_status_);
    status.set_message(PercentDecodeMessage(message_));
    return FromRpcStatus(status);
  }
  if (error_code != NGHTTP2_NO_ERROR) {
    return absl::Status(CodeOfHttp2(error_code), fmt::format("the server ended the call with the HTTP/2 error {}",
                                                             nghttp2_http2_strerror(error_code)));
  }
  return absl::Status(CodeOfHttp(http_status_),
                      fmt::format("the server answered without a grpc-status, HTTP status {}", http_status_));
}

}  // namespace tomada::rpc
