// HTTP/2 frames of unary calls, by nghttp2. No socket and no thread.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <nghttp2/nghttp2.h>

#include "http2_call.h"

namespace tomada::grpc_client {

// One connection's. Not thread-safe.
class Http2Session {
 public:
  // Called from Receive and Send, once for each call that was submitted and not abandoned. The call's status is set.
  using OnEnd = std::function<void(Http2Call&)>;

  // `authority` is the server's host and port. A larger answer than `max_message` fails its call.
  Http2Session(std::string authority, size_t max_message, OnEnd on_end);

  // `call` stays until its end or Abandon. Whatever the server allows at once goes with the next Send, the rest later.
  void Submit(Http2Call& call);
  // Resets the stream of a call that somebody has ended here.
  void Abandon(Http2Call& call);
  void Ping();

  // Appends to `out` what is to be sent now. False when the connection is of no more use: it is broken, or the server
  // has said goodbye and answered all.
  bool Send(std::string& out);
  // False when it is broken, or the server keeps sending what is part of no answer.
  bool Receive(std::span<const char> bytes);

  // The server's settings have come: it is there, and speaks HTTP/2.
  bool settled() const { return settled_; }
  // Receive was false as the server sent too much that is part of no answer.
  bool flooded() const { return spare_bytes_ < 0; }
  // False once the server has said goodbye: it answers what it has, and takes no more.
  bool accepts_calls() const { return nghttp2_session_check_request_allowed(session_.get()) != 0; }

 private:
  struct Callbacks;  // nghttp2 calls them
  struct Delete {
    void operator()(nghttp2_session* session) const { nghttp2_session_del(session); }
  };

  void AllowSpareBytes(size_t count);
  void TakeHeader(Http2Call& call, bool initial, std::string_view name, std::string_view value);
  void TakeData(Http2Call& call, std::string_view bytes);
  // Ends a call here, with a status that the server has not sent.
  void Fail(Http2Call& call, grpc::StatusCode code, std::string message);

  const std::string authority_;
  const size_t max_message_;
  const OnEnd on_end_;
  bool settled_ = false;
  // How much more the server may send that is part of no answer. It earns it by answers, and by what it is asked. Else
  // pings, empty DATA or 1xx answers without end keep a core busy.
  int64_t spare_bytes_;
  std::unique_ptr<nghttp2_session, Delete> session_;
};

}  // namespace tomada::grpc_client
