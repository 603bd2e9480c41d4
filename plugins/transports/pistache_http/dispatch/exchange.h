// Exchange: one request while a method serves it.
#pragma once

#include <atomic>
#include <coroutine>
#include <memory>
#include <optional>
#include <string>

#include "dispatch/answer.h"
#include "dispatch/http_call.h"
#include "dispatch/request_messages.h"
#include "dispatch/routes.h"
#include "dispatch/stream_format.h"
#include "json/print.h"
#include "net/server/response_stream.h"
#include "tomada/log.h"
#include "tomada/served_method.h"
#include "tomada/timer.h"

namespace tomada::pistache_http {

// What all exchanges of a server share.
struct ExchangeOptions {
  std::chrono::nanoseconds request_timeout;
  std::chrono::nanoseconds stream_timeout;
  std::chrono::nanoseconds event_keepalive;  // 0: none
  std::unique_ptr<const ForwardedHeaders> forward_headers;
  json::PrintOptions json;
  AnswerOptions answers;
  std::string public_url;  // goes before a location that is a path; may be empty
};

inline absl::Status DeadlinePassed() { return absl::DeadlineExceededError("the deadline has passed"); }
// To be answered with 406.
inline absl::Status NotAcceptable() { return absl::InvalidArgumentError("Accept refuses the type of the answer"); }

// A request that has become a message, or will become several.
struct BoundRequest {
  RequestPtr request;
  google::protobuf::Message* message;       // on the request's arena; null where there are `messages`
  std::optional<RequestMessages> messages;  // of a method that takes a stream
  Deadline deadline;
  const StreamFormat* format;  // null unless the method streams its answer
};

// Keeps request, messages and call alive until the method has ended, whatever became of the client meanwhile. The
// client gets one answer: the method's, or at the deadline DEADLINE_EXCEEDED, or when the server stops UNAVAILABLE;
// what comes after that is dropped.
//
// Lives on the worker's thread; the method may end on any.
class Exchange final : public std::enable_shared_from_this<Exchange>,
                       private net::StreamObserver,
                       private Timer,
                       private MessageReader,
                       private MessageWriter {
 public:
  // Options, log, endpoint and served outlive the exchange.
  Exchange(const ExchangeOptions& options, const Logger& log, const Endpoint& endpoint, ServedMethod& served,
           BoundRequest bound, net::ResponseStream reply);

  // Calls the method. The exchange keeps itself until that has ended.
  void Start();

 private:
  Task<void> Run();
  Task<absl::Status> Invoke();
  void Ended(const absl::Status& status);
  // OK, or what it had to answer instead.
  absl::Status AnswerUnary(const absl::Status& status);
  absl::StatusOr<Content> RenderBody();
  // INTERNAL, and a line in the log, when the response does not make the location that its option declares.
  absl::Status AddLocation(net::Response& response);
  void AnswerStream(const absl::Status& status);
  void AnswerError(const absl::Status& status);
  // Whether the client takes an answer of this type, where that is known only now.
  bool Accepts(std::string_view content_type);
  // False when there is nobody to answer to, or no longer.
  bool HasClient() const;
  void AddHeaders(net::Response& response);

  Task<absl::StatusOr<bool>> Read(google::protobuf::Message& message) override;
  bool TakeBody();
  void Stop() override { reading_stopped_ = true; }
  Task<absl::Status> Write(const google::protobuf::Message& message) override;
  bool WriteMessage(const google::protobuf::Message& message);
  enum class Headers { kAll, kOwn };  // of the handler's too
  void Begin(std::string_view content_type, Headers headers = Headers::kAll);
  bool IsEvents() const;
  void Spoke();
  void KeepAlive();
  void SetTimer();
  void ResumeWriter();
  void ResumeReader();
  // The protocol refuses the request when it is already being served.
  void Refuse(int http_status, std::string_view why);

  // Answers before the method has.
  void Cut(const absl::Status& status);

  void OnDisconnect() override;
  void OnShutdown() override;
  void OnRoom() override { ResumeWriter(); }
  void OnBody() override { ResumeReader(); }
  void OnBodyRefused(int http_status, std::string_view why) override { Refuse(http_status, why); }
  void Expired() override;

  const ExchangeOptions& options_;
  const Logger& log_;
  const Endpoint& endpoint_;
  ServedMethod& served_;
  const Deadline begin_;
  RequestPtr request_;
  const google::protobuf::Message* request_message_;
  std::optional<RequestMessages> request_messages_;
  google::protobuf::Message* response_message_ = nullptr;
  const StreamFormat* format_;
  net::ResponseStream reply_;
  HttpCall call_;
  std::optional<int> error_status_;  // HTTP's, where it is not that of the code
  bool answered_ = false;
  bool finished_ = false;
  bool begun_ = false;                       // a stream of responses has its head
  std::coroutine_handle<> writer_;           // waits for room
  std::coroutine_handle<> reader_;           // waits for more of the body
  Deadline silent_until_ = Deadline::max();  // when a stream of events shows that it lives, unless it does so by itself
  std::atomic<bool> reading_stopped_{false};
};

}  // namespace tomada::pistache_http
