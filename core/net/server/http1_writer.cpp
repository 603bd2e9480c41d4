#include "net/server/http1_writer.h"

#include <charconv>
#include <ostream>  // Beast's status.hpp needs it

#include <boost/beast/http/status.hpp>

namespace tomada::net {
namespace {

void AppendNumber(size_t number, int base, std::string& out) {
  char digits[24];
  auto end = std::to_chars(digits, digits + sizeof digits, number, base).ptr;
  out.append(digits, end);
}

void AppendHeader(std::string_view name, std::string_view value, std::string& out) {
  out.append(name).append(": ").append(value).append("\r\n");
}

void AppendStatusLine(int status, std::string& out) {
  if (status == 200) {
    out.append("HTTP/1.1 200 OK\r\n");
    return;
  }
  auto reason = boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(status));
  out.append("HTTP/1.1 ");
  AppendNumber(static_cast<size_t>(status), 10, out);
  out.append(" ").append(reason.data(), reason.size()).append("\r\n");
}

}  // namespace

void AppendHead(const Response& response, const Http1Framing& framing, std::string& out) {
  AppendStatusLine(response.status, out);
  AppendHeader("Date", framing.date, out);
  if (!response.content_type.empty()) AppendHeader("Content-Type", response.content_type, out);
  if (framing.length) {
    out.append("Content-Length: ");
    AppendNumber(*framing.length, 10, out);
    out.append("\r\n");
  }
  if (framing.chunked) out.append("Transfer-Encoding: chunked\r\n");
  if (framing.close) {
    out.append("Connection: close\r\n");
  } else {
    if (framing.confirm_keep_alive) out.append("Connection: keep-alive\r\n");
    out.append(framing.keep_alive);
  }
  if (!response.request_id.empty()) AppendHeader("X-Request-Id", response.request_id, out);
  for (const auto& [name, value] : response.headers) AppendHeader(name, value, out);
  out.append("\r\n");
}

void AppendChunk(std::string_view bytes, std::string& out) {
  AppendNumber(bytes.size(), 16, out);
  out.append("\r\n").append(bytes).append("\r\n");
}

void AppendLastChunk(Trailers trailers, std::string& out) {
  out.append("0\r\n");
  for (const auto& [name, value] : trailers) AppendHeader(name, value, out);
  out.append("\r\n");
}

}  // namespace tomada::net
