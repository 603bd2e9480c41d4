#include "codec/response.h"

namespace tomada::pistache_http {
namespace {

absl::StatusCode CodeOf(int http_status) {
  switch (http_status) {
    case 404: return absl::StatusCode::kNotFound;
    case 408: return absl::StatusCode::kDeadlineExceeded;
    case 413: return absl::StatusCode::kResourceExhausted;
    case 405:
    case 501:
    case 505: return absl::StatusCode::kUnimplemented;
    case 503: return absl::StatusCode::kUnavailable;
    default: return absl::StatusCode::kInvalidArgument;
  }
}

}  // namespace

absl::Status RefusalStatus(int http_status, std::string_view message) {
  return absl::Status(CodeOf(http_status), {message.data(), message.size()});
}

}  // namespace tomada::pistache_http
