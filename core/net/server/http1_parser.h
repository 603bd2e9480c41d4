// One HTTP/1.1 request, read from bytes (RFC 9112).
//
// Boost.Beast's parser does the work. On top of it this refuses what Beast lets pass and two implementations could read
// in two ways, which is how requests are smuggled past a proxy (RFC 9112, 6.3 and 11.2): a Transfer-Encoding other than
// exactly "chunked", a Content-Length other than one number, no or several Host fields, folded lines; and a Host or a
// target that names no host of HTTP.
#pragma once

#include <limits>

#include <boost/beast/http/basic_parser.hpp>

#include "net/server/limits.h"
#include "net/server/request.h"

namespace tomada::net {

// Why a request is refused; the connection closes after it. `status` 0: it is not.
struct Refusal {
  int status = 0;
  std::string_view message;
};

class Http1Parser final : private boost::beast::http::basic_parser<true> {
 public:
  // Fills `request`, which outlives the parser or is taken from it.
  Http1Parser(Request& request, const Limits& limits);

  // Takes what it can from the front of `input`; returns how many bytes that was. Stops at the end of the head and at
  // that of the request. The rest is to be given again with more after it.
  size_t Put(std::string_view input);

  // Once the head is complete, one of the two: the body has the limit, and is refused at once where the head says that
  // it is longer; or it has none.
  void GatherBody();
  void StreamBody() { most_ = std::numeric_limits<size_t>::max(); }
  // From here on the body goes there, and the request may go.
  void MoveBodyTo(std::string& body);

  bool head_complete() const { return is_header_done(); }
  bool complete() const { return is_done(); }
  const Refusal& refusal() const { return refusal_; }

  // Known once the head is complete.
  bool keep_alive_wanted() const { return keep_alive(); }
  bool http10() const { return version_ == 10; }
  bool expects_continue() const { return expects_continue_; }

 private:
  using error_code = boost::beast::error_code;
  using string_view = boost::beast::string_view;
  using field = boost::beast::http::field;

  void Refuse(int status, std::string_view message, error_code& ec);
  void RefuseFor(const error_code& ec);
  void CheckFraming(field name, std::string_view value, error_code& ec);

  void on_request_impl(boost::beast::http::verb verb, string_view method, string_view target, int version,
                       error_code& ec) override;
  void on_response_impl(int, string_view, int, error_code&) override {}
  void on_field_impl(field id, string_view name, string_view value, error_code& ec) override;
  void on_header_impl(error_code& ec) override;
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  size_t on_body_impl(string_view body, error_code& ec) override;
  void on_chunk_header_impl(std::uint64_t size, string_view extensions, error_code& ec) override;
  size_t on_chunk_body_impl(std::uint64_t, string_view body, error_code& ec) override;
  void on_finish_impl(error_code&) override {}

  Request* request_;
  std::string* body_;
  size_t most_;  // bytes of the body
  const Limits& limits_;
  Refusal refusal_;
  std::string_view input_;  // of the Put under way
  size_t head_size_ = 0;
  int version_ = 11;
  int hosts_ = 0;
  size_t fields_ = 0;
  bool has_length_ = false;
  bool has_type_ = false;
  bool expects_continue_ = false;
};

}  // namespace tomada::net
