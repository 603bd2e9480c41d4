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

class Http1Session final : public Session {
 public:
  // Both outlive the session.
  Http1Session(Connection& connection, RequestHandler& handler);

  size_t Consume(std::string_view input) override;
  bool accepting() const override;
  bool ready() const override { return RequestWaits() && !no_more_requests_ && HasRoom(); }
  void Serve() override;
  size_t held() const override { return held_bytes_; }
  bool idle() const override { return streams_.empty() && !parser_; }
  void OnOutputRoom() override;
  void OnReadTimeout() override;
  void Drain() override { draining_ = true; }
  void Shutdown() override;
  void Refuse(std::string_view why) override;
  void OnDisconnect() override;

  void Observe(uint64_t stream, StreamObserver* observer) override;
  void Respond(uint64_t stream, const Response& response, std::string_view body) override;
  void RespondShared(uint64_t stream, const Response& response, std::string_view body) override;
  void Begin(uint64_t stream, const Response& response) override;
  bool Write(uint64_t stream, std::string_view bytes) override;
  void End(uint64_t stream) override;
  void Break(uint64_t stream) override;

 private:
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
  };

  bool RequestWaits() const { return parser_ && parser_->complete(); }
  bool HasRoom() const;
  size_t ReadRequest(std::string_view input);
  void Start();
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

  Connection& connection_;
  RequestHandler& handler_;
  std::deque<Stream> streams_;
  uint64_t first_stream_ = 0;
  RequestPtr request_;                 // being read
  std::optional<Http1Parser> parser_;  // there while request_ is
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
