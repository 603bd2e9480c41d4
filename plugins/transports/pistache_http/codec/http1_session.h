// HTTP/1.1 on one connection (RFC 9112): requests one after another, answers in their order.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "codec/http1_parser.h"
#include "codec/session.h"
#include "connection/connection.h"

namespace tomada::pistache_http {

class Http1Session final : public Session {
 public:
  // Both outlive the session.
  Http1Session(Connection& connection, RequestHandler& handler);

  size_t Consume(std::string_view input) override;
  bool accepting() const override;
  bool idle() const override { return streams_.empty() && !parser_; }
  void OnOutputRoom() override;
  void OnReadTimeout() override;
  void Drain() override { draining_ = true; }
  void Shutdown() override;
  void Refuse(std::string_view why) override;
  void OnDisconnect() override;

  void Observe(uint64_t stream, StreamObserver* observer) override;
  void Respond(uint64_t stream, const Response& response, std::string_view body) override;
  void Begin(uint64_t stream, const Response& response) override;
  bool Write(uint64_t stream, std::string_view bytes) override;
  void End(uint64_t stream) override;
  void Break(uint64_t stream) override;

 private:
  // A request that is not answered to its end. Its number is first_stream_ plus its place in streams_.
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
    std::string held;  // what waits for the answers before it
  };

  size_t ReadRequest(std::string_view input);
  void Start();
  void Dispatch();
  void AnswerExpect();
  void RefuseRequest(Refusal refusal);
  std::vector<StreamObserver*> Observers() const;
  void SetIdleDeadline();

  // Null when the stream has ended.
  Stream* Find(uint64_t stream);
  // Lets `append` write a stream's bytes to where they go now.
  template <class Append>
  void Emit(Stream& stream, Append append);
  bool IsFront(const Stream& stream) const { return &stream == &streams_.front(); }
  bool CloseAfter(const Stream& stream) const;
  void Finish(Stream& stream);
  void PopEnded();

  Connection& connection_;
  RequestHandler& handler_;
  std::deque<Stream> streams_;
  uint64_t first_stream_ = 0;
  RequestPtr request_;                 // being read
  std::optional<Http1Parser> parser_;  // there while request_ is
  size_t unparsed_ = 0;                // of the input under way, behind the request that was dispatched
  size_t held_bytes_ = 0;
  bool continue_owed_ = false;
  bool no_more_requests_ = false;
  bool waiting_for_room_ = false;  // streams_ was full; half of it must be free again
  bool draining_ = false;
};

}  // namespace tomada::pistache_http
