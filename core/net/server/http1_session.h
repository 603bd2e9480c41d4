// HTTP/1.1 on one connection (RFC 9112): requests one after another, answers in their order.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "net/server/connection.h"
#include "net/server/http1_parser.h"
#include "net/server/http1_writer.h"
#include "net/server/session.h"

namespace tomada::net {

class Http1Session final : public Session, private Answers {
 public:
  // Both outlive the session.
  Http1Session(Connection& connection, RequestHandler& handler);

  size_t Receive(std::string_view input) override;
  void Send(OutputQueue& out, size_t limit) override;
  bool accepting() const override;
  bool ready() const override { return RequestWaits() && !no_more_requests_ && HasRoom(); }
  void Serve() override;
  size_t held() const override { return held_bytes_ + output_.owned(); }
  bool idle() const override { return streams_.empty() && !parser_; }
  void OnReadTimeout() override;
  void Drain() override { draining_ = true; }
  void Shutdown() override;
  void Refuse(int http_status, std::string_view why) override;
  void OnDisconnect() override;
  Answers& answers() override { return *this; }

 private:
  void Observe(uint64_t stream, StreamObserver* observer) override;
  void Respond(uint64_t stream, const Response& response, std::string_view body) override;
  void RespondShared(uint64_t stream, const Response& response, std::string_view body) override;
  void SendHead(uint64_t stream, const Response& response) override;
  bool Write(uint64_t stream, std::string_view bytes) override;
  void End(uint64_t stream, Trailers trailers) override;
  void Reset(uint64_t stream, ResetCode code) override;
  Body TakeBody(uint64_t stream, std::string& out) override;

  // A request that is not answered to its end. Its number is first_stream_ plus its index in streams_.
  struct Stream {
    bool keep_alive = true;
    bool head_only = false;
    bool http10 = false;
    bool begun = false;
    bool ended = false;
    bool close_after = false;
    bool chunked = false;
    bool wants_room = false;
    StreamObserver* observer = nullptr;
    std::string held;         // what waits for the answers before it
    std::string_view shared;  // after that
    std::string body;         // of the request, where it is taken in pieces: what has arrived
    bool body_whole = true;
  };

  // To be served: a whole one, or a head whose body is taken in pieces.
  bool RequestWaits() const { return parser_ && !receiving_ && (in_pieces_ || parser_->complete()); }
  bool HasRoom() const;
  // Made and not taken by the client, without what waits for answers before it.
  size_t unsent() const { return output_.size() + connection_.unsent(); }
  // So much that no more should be made.
  bool congested() const { return unsent() >= kCongested; }
  size_t ReadRequest(std::string_view input);
  void Start();
  void OnHead(bool body_is_here);
  size_t ReadBody(std::string_view input);
  // No more of a body comes.
  void EndBody();
  void RefuseBody(Refusal refusal);
  // What is to come of a body has a deadline while there is credit for it.
  void SetBodyDeadline(const Stream& stream);
  void AnswerExpect();
  void RefuseRequest(Refusal refusal);
  std::vector<StreamObserver*> Observers() const;
  void SetIdleDeadline();

  // Null when the stream has ended.
  Stream* Find(uint64_t stream);
  // Lets `append` write a stream's bytes to where they go now.
  template <class Append>
  void Emit(Stream& stream, Append append);
  template <class AppendBody>
  void RespondWith(uint64_t stream, const Response& response, size_t length, AppendBody append_body);
  bool IsFront(const Stream& stream) const { return &stream == &streams_.front(); }
  bool CloseAfter(const Stream& stream) const;
  // What all answers have, once it is known whether the connection closes after this one.
  Http1Framing FramingOf(const Stream& stream) const;
  void Finish(Stream& stream);
  void PopEnded();

  static constexpr size_t kFirstAnswerSize = 4 << 10;
  static constexpr size_t kCongested = 64 << 10;
  static constexpr size_t kBodyCredit = 64 << 10;  // that nobody has taken; what one read brings may come on top

  Connection& connection_;
  RequestHandler& handler_;
  OutputQueue output_;  // what waits for nothing but the client
  std::deque<Stream> streams_;
  uint64_t first_stream_ = 0;
  RequestPtr request_;                 // being read, until it is served
  std::optional<Http1Parser> parser_;  // while one is read
  bool in_pieces_ = false;             // its head has come, and it waits to be served without the rest
  bool conversation_ = false;          // in pieces, and may take its time
  std::optional<uint64_t> receiving_;  // the stream whose body is being read, in pieces
  size_t unparsed_ = 0;                // of the input, behind the request that was read last
  size_t held_bytes_ = 0;
  size_t unanswered_ = 0;                  // of streams_
  size_t answer_size_ = kFirstAnswerSize;  // what an answer of this client is expected to take
  bool continue_owed_ = false;
  bool no_more_requests_ = false;
  bool was_full_ = false;  // streams_ was; half of it must be free again
  bool draining_ = false;
};

}  // namespace tomada::net
