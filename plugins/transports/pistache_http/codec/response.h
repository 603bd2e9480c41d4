// An answer, whatever protocol it goes out by.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tomada::pistache_http {

inline constexpr std::string_view kJson = "application/json";
inline constexpr std::string_view kNdjson = "application/x-ndjson";  // one JSON text a line

struct Response {
  int status = 200;
  std::string_view content_type = kJson;  // empty: no body, and no Content-Type
  // Besides Content-Type, Date and those of the protocol's framing. Names are lower case; values hold no control
  // characters.
  std::vector<std::pair<std::string_view, std::string>> headers;
};

// A refusal that the protocol itself makes, as the body that every error has: a google.rpc.Status in JSON. `message` is
// plain ASCII without quotes.
std::string RefusalBody(int http_status, std::string_view message);

}  // namespace tomada::pistache_http
