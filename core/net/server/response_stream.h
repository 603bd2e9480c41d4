// Where the answer to one request goes, whatever protocol it goes out by.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "net/server/response.h"

namespace tomada::net {

class Worker;

// What a call wants to know of the stream that its answer goes to. On the worker's thread.
class StreamObserver {
 public:
  virtual ~StreamObserver() = default;
  // The client is gone. Nothing more will be said.
  virtual void OnDisconnect() = 0;
  // The server stops before the call has ended: answers now.
  virtual void OnShutdown() = 0;
  // There is room again after Write returned false.
  virtual void OnRoom() = 0;
  // More of the request's body has arrived, or its end.
  virtual void OnBody() {}
  // The rest of the body is not what the protocol allows, or does not come: answers that now. The connection closes
  // after it.
  virtual void OnBodyRefused(int /*http_status*/, std::string_view /*why*/) {}
};

// What is known of a request's body that comes in pieces. kGone: nobody will say, the stream has ended.
enum class Body { kOpen, kWhole, kGone };

// What follows the body. Names are lower case. A protocol or a client that has no place for them does without.
using Trailers = std::span<const std::pair<std::string_view, std::string>>;

// Why an answer stops before its end: the codes of HTTP/2 (RFC 9113, 7). HTTP/1.1 cuts the connection for any.
enum class ResetCode : uint32_t { kNoError = 0, kInternal = 2, kRefused = 7, kCancel = 8 };

// The streams of a session by their numbers, which are never used twice. What is said of one that has ended is no error
// and does nothing: answers may come late.
class Answers {
 public:
  virtual void Observe(uint64_t stream, StreamObserver* observer) = 0;
  virtual void Respond(uint64_t stream, const Response& head, std::string_view body) = 0;
  virtual void RespondShared(uint64_t stream, const Response& head, std::string_view body) = 0;
  virtual void SendHead(uint64_t stream, const Response& head) = 0;
  virtual bool Write(uint64_t stream, std::string_view bytes) = 0;
  virtual void End(uint64_t stream, Trailers trailers) = 0;
  virtual void Reset(uint64_t stream, ResetCode code) = 0;
  virtual Body TakeBody(uint64_t stream, std::string& out) = 0;

 protected:
  ~Answers() = default;
};

// For whoever answers one request; a value to copy. It holds the connection's id and no pointer to it, and ids are
// never used twice: an answer that comes late finds nobody, and never another client on a reused descriptor. On the
// worker's thread. It ends with Respond, RespondShared, End or Reset.
class ResponseStream {
 public:
  ResponseStream(Worker& worker, uint64_t connection, uint64_t stream)
      : worker_(&worker), connection_(connection), stream_(stream) {}

  // From any thread.
  Worker& worker() const { return *worker_; }
  // Whether the connection is still there. Who would make an answer for nobody asks first.
  bool connected() const { return answers() != nullptr; }
  // The address at the other end, as AddressText has it; nothing when the connection is gone.
  std::optional<std::string> peer() const;
  // What its certificate names: see Peer::identity. Empty when the connection is gone.
  std::string identity() const;

  // The observer must detach, by ending the stream, before it goes.
  void Observe(StreamObserver* observer) const { ForAnswers(&Answers::Observe, observer); }
  // Head, body and end.
  void Respond(const Response& head, std::string_view body) const { ForAnswers(&Answers::Respond, head, body); }
  // The same for a body that all clients share: it is not copied, and outlives the connection.
  void RespondShared(const Response& head, std::string_view body) const {
    ForAnswers(&Answers::RespondShared, head, body);
  }
  // An answer in pieces: SendHead, Write any number of times, End. After a Write that returned false the next one waits
  // for OnRoom, which comes in a later iteration of the worker.
  void SendHead(const Response& head) const { ForAnswers(&Answers::SendHead, head); }
  bool Write(std::string_view bytes) const;
  void End(Trailers trailers = {}) const { ForAnswers(&Answers::End, trailers); }
  // Instead of End, or of all: lets the client see that the answer is not whole.
  void Reset(ResetCode code) const { ForAnswers(&Answers::Reset, code); }
  // Appends what has arrived of a body that follows its request, which gives the client credit for as much again: more
  // is not read from it. While kOpen is what it returns, OnBody says when there is more.
  Body TakeBody(std::string& out) const;

 private:
  // Null when the connection is gone.
  Answers* answers() const;
  template <class... Args, class... Given>
  void ForAnswers(void (Answers::*call)(uint64_t, Args...), Given&&... given) const {
    if (Answers* found = answers()) (found->*call)(stream_, std::forward<Given>(given)...);
  }

  Worker* worker_;
  uint64_t connection_;
  uint64_t stream_;
};

}  // namespace tomada::net
