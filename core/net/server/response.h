// The head of an answer, whatever protocol it goes out by.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tomada::net {

struct Response {
  int status = 200;
  std::string_view content_type;  // empty: no body, and no Content-Type
  std::string_view request_id;    // X-Request-Id; empty: none
  // Besides Content-Type, X-Request-Id, Date and those of the protocol's framing. Names are lower case; values hold no
  // control characters.
  std::vector<std::pair<std::string_view, std::string>> headers;
};

// Why a request that the stop has overtaken is UNAVAILABLE.
inline constexpr char kShuttingDown[] = "the server is shutting down";

}  // namespace tomada::net
