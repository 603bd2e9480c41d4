#include "net/server/http1_parser.h"

#include <arpa/inet.h>

#include <algorithm>
#include <limits>

#include <boost/asio/buffer.hpp>

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>

namespace tomada::net {
namespace {

namespace http = boost::beast::http;

constexpr size_t kMaxHeaders = 100;
constexpr Refusal kTooLarge{413, "the request body is too large"};

std::string_view Std(boost::beast::string_view text) { return {text.data(), text.size()}; }

bool EqualsIgnoreCase(std::string_view a, std::string_view b) {
  return absl::EqualsIgnoreCase({a.data(), a.size()}, {b.data(), b.size()});
}

bool IsNumber(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool IsHostName(std::string_view text) {
  constexpr std::string_view kOthers = "-._~!$&'()*+,;=";
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (absl::ascii_isalnum(static_cast<unsigned char>(c)) || kOthers.find(c) != std::string_view::npos) continue;
    const std::string_view digits = text.substr(i + 1, 2);
    if (c != '%' || digits.size() < 2 || !std::all_of(digits.begin(), digits.end(), absl::ascii_isxdigit)) return false;
    i += 2;
  }
  return !text.empty();
}

bool IsPort(std::string_view text) {
  return text.empty() || (IsNumber(text) && text.size() <= 5 && std::stoi(std::string(text)) <= 65535);
}

// A host by name or address, perhaps with a port (RFC 9112 3.2, RFC 3986 3.2.2).
bool IsAuthority(std::string_view text) {
  size_t end = std::min(text.find(':'), text.size());
  if (text.starts_with('[')) {
    const size_t close = text.find(']');
    in6_addr address{};
    if (close == std::string_view::npos) return false;
    if (inet_pton(AF_INET6, std::string(text.substr(1, close - 1)).c_str(), &address) != 1) return false;
    end = close + 1;
  } else if (!IsHostName(text.substr(0, end))) {
    return false;
  }
  return end == text.size() || (text[end] == ':' && IsPort(text.substr(end + 1)));
}

// Whether the target, where it is a whole URI, is one of HTTP, with an authority. Other forms are looked at later.
bool IsHttpIfAbsolute(std::string_view target) {
  const size_t scheme = target.find("://");
  if (scheme == std::string_view::npos || scheme > target.find_first_of("/?")) return true;
  const std::string_view name = target.substr(0, scheme);
  const std::string_view rest = target.substr(scheme + 3);
  return (EqualsIgnoreCase(name, "http") || EqualsIgnoreCase(name, "https")) &&
         IsAuthority(rest.substr(0, rest.find_first_of("/?")));
}

}  // namespace

Http1Parser::Http1Parser(Request& request, const Limits& limits)
    : request_(&request), body_(&request.body), most_(limits.max_body_size), limits_(limits) {
  header_limit(static_cast<std::uint32_t>(limits.max_header_size));
  body_limit(std::numeric_limits<std::uint64_t>::max());  // ours is another for each body; none at all refuses any
}

void Http1Parser::GatherBody() {
  const auto length = content_length();
  if (length && *length > most_) refusal_ = kTooLarge;
}

void Http1Parser::MoveBodyTo(std::string& body) {
  body = std::move(*body_);
  body_ = &body;
  request_ = nullptr;
}

size_t Http1Parser::Put(std::string_view input) {
  error_code ec;
  input_ = input;
  eager(head_complete());  // where the head ends somebody decides about the body
  size_t used = put(boost::asio::const_buffer(input.data(), input.size()), ec);
  std::string_view rest = input.substr(used);
  if (ec == http::error::need_more) {
    // A line of the head, a chunk's size or the trailers: nothing of that may be longer than a head.
    size_t waiting = rest.size() + (head_complete() ? 0 : head_size_);
    ec = waiting > limits_.max_header_size ? make_error_code(http::error::header_limit) : error_code();
  }
  if (ec) RefuseFor(ec);
  return used;
}

void Http1Parser::Refuse(int status, std::string_view message, error_code& ec) {
  refusal_ = {status, message};
  ec = http::error::bad_value;  // any error stops the parser
}

void Http1Parser::RefuseFor(const error_code& ec) {
  if (refusal_.status != 0) return;
  if (ec == http::error::header_limit) {
    refusal_ = head_size_ == 0 ? Refusal{414, "the request target is too long"}
                               : Refusal{431, "the request headers are too large"};
  } else if (ec == http::error::bad_version) {
    refusal_ = {505, "the HTTP version is not supported: send HTTP/1.1"};
  } else if (head_size_ == 0 && input_.starts_with("\x16\x03")) {
    refusal_ = {400, "this port does not speak TLS, and the client does: use http://"};
  } else {
    refusal_ = {400, "the request is not well-formed HTTP/1.1"};
  }
}

void Http1Parser::on_request_impl(http::verb, string_view method, string_view target, int version, error_code& ec) {
  head_size_ = method.size() + target.size();
  if (head_size_ > limits_.max_header_size) return Refuse(414, "the request target is too long", ec);
  if (target.find('#') != string_view::npos) return Refuse(400, "a request target has no `#`: send %23", ec);
  if (!IsHttpIfAbsolute(Std(target))) {
    return Refuse(400, "the request target is a URI, and not one of http or https with a host", ec);
  }
  version_ = version;
  request_->method = request_->Keep(Std(method));
  request_->target = request_->Keep(Std(target));
}

void Http1Parser::on_field_impl(field id, string_view name, string_view value, error_code& ec) {
  head_size_ += name.size() + value.size();
  if (head_size_ > limits_.max_header_size || ++fields_ > kMaxHeaders) {
    return Refuse(431, "the request headers are too large", ec);
  }
  // Beast reads on in the next line; it has seen the line's end and the character behind it.
  size_t line_end = input_.find('\n', static_cast<size_t>(name.data() - input_.data()));
  if (line_end + 1 < input_.size() && (input_[line_end + 1] == ' ' || input_[line_end + 1] == '\t')) {
    return Refuse(400, "header lines must not be folded", ec);
  }
  if (head_complete()) return;  // a trailer: never mixed with the headers (RFC 9110, 6.5.1)
  CheckFraming(id, Std(value), ec);
  if (ec) return;
  request_->headers.push_back({request_->KeepLowerCase(Std(name)), request_->Keep(Std(value))});
}

void Http1Parser::CheckFraming(field name, std::string_view value, error_code& ec) {
  switch (name) {
    case field::host:
      ++hosts_;
      if (!value.empty() && !IsAuthority(value)) return Refuse(400, "the Host header is not a host", ec);
      break;
    case field::content_length:
      if (has_length_ || !IsNumber(value)) return Refuse(400, "Content-Length must be one number", ec);
      has_length_ = true;
      break;
    case field::transfer_encoding:
      if (version_ == 10) return Refuse(400, "HTTP/1.0 has no Transfer-Encoding", ec);
      if (!EqualsIgnoreCase(value, "chunked")) {
        return Refuse(501, "the only Transfer-Encoding supported is chunked", ec);
      }
      break;
    case field::content_type: has_type_ = true; break;
    case field::expect:
      if (!EqualsIgnoreCase(value, "100-continue")) return Refuse(417, "the only Expect supported is 100-continue", ec);
      expects_continue_ = version_ != 10;
      break;
    default: break;
  }
}

void Http1Parser::on_header_impl(error_code& ec) {
  if (hosts_ > 1 || (hosts_ == 0 && version_ != 10)) return Refuse(400, "exactly one Host header is required", ec);
  bool means_a_body =
      has_type_ && (request_->method == "POST" || request_->method == "PUT" || request_->method == "PATCH");
  // What follows could be the body that the type is of, and would be read as a request.
  if (means_a_body && !has_length_ && !chunked()) Refuse(411, "send the Content-Length of the body", ec);
}

size_t Http1Parser::on_body_impl(string_view body, error_code& ec) {
  if (body.size() > most_ - body_->size()) {
    Refuse(kTooLarge.status, kTooLarge.message, ec);
    return 0;
  }
  body_->append(body.data(), body.size());
  return body.size();
}

void Http1Parser::on_chunk_header_impl(std::uint64_t size, string_view, error_code& ec) {
  if (size > most_ - body_->size()) Refuse(kTooLarge.status, kTooLarge.message, ec);
}

size_t Http1Parser::on_chunk_body_impl(std::uint64_t, string_view body, error_code& ec) {
  return on_body_impl(body, ec);
}

}  // namespace tomada::net
