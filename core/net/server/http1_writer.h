// The bytes of HTTP/1.1 answers (RFC 9112).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "net/server/response.h"
#include "net/server/response_stream.h"

namespace tomada::net {

// What the connection adds to a response.
struct Http1Framing {
  std::string_view date;
  bool close = false;               // the connection ends after it
  bool confirm_keep_alive = false;  // HTTP/1.0 wants to be told
  std::string_view keep_alive;      // the line that says for how long, unless it ends; with its CRLF
  // Content-Length; without one the body is chunked or ends with the connection.
  std::optional<size_t> length;
  bool chunked = false;
};

void AppendHead(const Response& response, const Http1Framing& framing, std::string& out);
// One chunk; `bytes` is not empty, for that would be the end.
void AppendChunk(std::string_view bytes, std::string& out);

// What ends a chunked body.
void AppendLastChunk(Trailers trailers, std::string& out);

inline constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace tomada::net
