// The seam between bytes and requests: a protocol as spoken on one connection.
#pragma once

#include <cstdint>
#include <string_view>

#include "net/server/request.h"
#include "net/server/response.h"

namespace tomada::net {

class Worker;

// What a call wants to know of the stream that its answer goes to.
class StreamObserver {
 public:
  virtual ~StreamObserver() = default;
  // The client is gone. Nothing more will be said.
  virtual void OnDisconnect() = 0;
  // The server stops before the call has ended: answers now.
  virtual void OnShutdown() = 0;
  // There is room again after Write returned false.
  virtual void OnRoom() = 0;
};

// All on the worker's thread. Owned by its connection.
//
// A stream is one request and its answer; it is numbered, never reused, and ends with Respond, RespondShared, End or
// Break. To say something of a stream that has ended is no error and does nothing: answers may come late.
class Session {
 public:
  virtual ~Session() = default;

  // --- for the connection ---

  // Takes what it can from the front of `input`, up to the end of one request, and returns how many bytes that was. The
  // rest is given again, with more after it.
  virtual size_t Consume(std::string_view input) = 0;
  // False while it wants no more bytes: a request waits to be served, answers wait to be sent, or requests to be
  // answered, as many as may.
  virtual bool accepting() const = 0;
  // A request has been read to its end, and there is room for its answer.
  virtual bool ready() const = 0;
  // Has it handled; only when ready.
  virtual void Serve() = 0;
  // Bytes of answers that wait in the session for one before them.
  virtual size_t held() const = 0;
  // No request is unanswered or half received.
  virtual bool idle() const = 0;
  // The output has become short again.
  virtual void OnOutputRoom() = 0;
  // The deadline that it set with Connection::SetReadDeadline has passed.
  virtual void OnReadTimeout() = 0;
  // Closes after the requests under way, and tells the client so.
  virtual void Drain() = 0;
  // The grace is over: has every stream answered at once, reads no more, and closes.
  virtual void Shutdown() = 0;
  // Answers 503 with `why`, whatever the client asks, and closes.
  virtual void Refuse(std::string_view why) = 0;
  // The client is gone: tells the observers and forgets them.
  virtual void OnDisconnect() = 0;

  // --- for whoever answers ---

  // The observer must detach, by ending the stream, before it goes.
  virtual void Observe(uint64_t stream, StreamObserver* observer) = 0;
  virtual void Respond(uint64_t stream, const Response& response, std::string_view body) = 0;
  // The same for a body that all clients share: it is not copied, and outlives the session.
  virtual void RespondShared(uint64_t stream, const Response& response, std::string_view body) = 0;
  // An answer in pieces: Begin, Write any number of times, End. After a Write that returned false the next one waits
  // for OnRoom, which comes in a later iteration of the worker.
  virtual void Begin(uint64_t stream, const Response& response) = 0;
  virtual bool Write(uint64_t stream, std::string_view bytes) = 0;
  virtual void End(uint64_t stream) = 0;
  // Instead of End: lets the client see that the answer is not whole.
  virtual void Break(uint64_t stream) = 0;
};

// Where the answer to one request goes. It holds the connection's id and no pointer to it, and ids are never used
// twice: an answer that comes late finds nobody, and never another client on a reused descriptor.
class ReplyAddress {
 public:
  ReplyAddress(Worker& worker, uint64_t connection, uint64_t stream)
      : worker_(&worker), connection_(connection), stream_(stream) {}

  Worker& worker() const { return *worker_; }
  uint64_t stream() const { return stream_; }
  // Null when the connection is gone.
  Session* session() const;
  // The address at the other end, as AddressText has it; nothing when the connection is gone.
  std::optional<std::string> peer() const;

 private:
  Worker* worker_;
  uint64_t connection_;
  uint64_t stream_;
};

// Takes requests from sessions. Thread-safe: one for all workers.
class RequestHandler {
 public:
  virtual ~RequestHandler() = default;
  // Answers now or later; exactly once, unless the client goes first.
  virtual void Handle(RequestPtr request, ReplyAddress reply) = 0;
  // Answers at once a request that the session refuses by itself; it has what could be read of it.
  virtual void Refuse(RequestPtr request, ReplyAddress reply, int http_status, std::string_view message) = 0;
};

}  // namespace tomada::net
