#include "codec/response.h"

#include <absl/status/status.h>

#include <fmt/format.h>

namespace tomada::pistache_http {
namespace {

// The gRPC code whose meaning is nearest to an HTTP status.
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

std::string RefusalBody(int http_status, std::string_view message) {
  return fmt::format(R"({{"code":{},"message":"{}"}})", static_cast<int>(CodeOf(http_status)), message);
}

}  // namespace tomada::pistache_http
