// The seam between bytes and requests: a protocol as spoken on one connection.
#pragma once

#include <cstddef>
#include <string_view>

#include "net/server/output_queue.h"
#include "net/server/request.h"
#include "net/server/response_stream.h"

namespace tomada::net {

// For the connection, which owns it. All on the worker's thread. It is asked for what it has to say, so that what the
// client does not take stays with the answers it belongs to, and whoever makes them is made to wait.
class Session {
 public:
  virtual ~Session() = default;

  // Takes what it can from the front of `input`, up to the end of one request, and returns how many bytes that was. The
  // rest is given again, with more after it.
  virtual size_t Receive(std::string_view input) = 0;
  // Moves what is to be sent next behind what `out` has, as long as that is shorter than `limit`. What comes at once is
  // not cut for that: a body that all clients share takes no memory.
  virtual void Send(OutputQueue& out, size_t limit) = 0;
  // False while it wants no more bytes: a request waits to be served, answers wait to be sent, or requests to be
  // answered, as many as may.
  virtual bool accepting() const = 0;
  // There is a request to serve, and room for its answer.
  virtual bool ready() const = 0;
  // Has it handled; only when ready.
  virtual void Serve() = 0;
  // Bytes of answers that it holds, in memory of their own.
  virtual size_t held() const = 0;
  // No request is unanswered or half received.
  virtual bool idle() const = 0;
  // The deadline that it set with Connection::SetReadDeadline has passed.
  virtual void OnReadTimeout() = 0;
  // Closes after the requests under way, and tells the client so.
  virtual void Drain() = 0;
  // The grace is over: has every stream answered at once, reads no more, and closes.
  virtual void Shutdown() = 0;
  // Answers so, whatever the client asks, and closes.
  virtual void Refuse(int http_status, std::string_view why) = 0;
  // The client is gone: tells the observers and forgets them. Answers that were made, and wait for none before them,
  // can still be sent.
  virtual void OnDisconnect() = 0;

  // The streams, for whoever answers.
  virtual Answers& answers() = 0;
};

// How a request's body is wanted.
enum class BodyWish {
  kWhole,         // with the request
  kPieces,        // as it arrives, which it must
  kConversation,  // the same, but the client may be silent for as long as the call lasts
};

// Takes requests from sessions. Thread-safe: one for all workers.
class RequestHandler {
 public:
  virtual ~RequestHandler() = default;
  // Asked when there is a head and a body follows. In pieces the request is handled at once.
  virtual BodyWish WishFor(const Request& /*head*/) { return BodyWish::kWhole; }
  // Answers now or later; exactly once, unless the client goes first.
  virtual void Handle(RequestPtr request, ResponseStream reply) = 0;
  // Answers at once a request that the session refuses by itself; it has what could be read of it.
  virtual void Refuse(RequestPtr request, ResponseStream reply, int http_status, std::string_view message) = 0;
};

}  // namespace tomada::net
