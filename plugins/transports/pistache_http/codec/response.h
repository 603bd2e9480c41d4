// An answer, whatever protocol it goes out by.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <absl/status/status.h>

namespace tomada::pistache_http {

inline constexpr std::string_view kJson = "application/json";
inline constexpr std::string_view kNdjson = "application/x-ndjson";  // one JSON text a line

struct Response {
  int status = 200;
  std::string_view content_type = kJson;  // empty: no body, and no Content-Type
  std::string_view request_id;            // X-Request-Id; empty: none
  // Besides Content-Type, X-Request-Id, Date and those of the protocol's framing. Names are lower case; values hold no
  // control characters.
  std::vector<std::pair<std::string_view, std::string>> headers;
};

// Why a request that the stop has overtaken is UNAVAILABLE.
inline constexpr char kShuttingDown[] = "the server is shutting down";

// A refusal that the protocol itself makes, with the gRPC code whose meaning is nearest.
absl::Status RefusalStatus(int http_status, std::string_view message);

}  // namespace tomada::pistache_http
