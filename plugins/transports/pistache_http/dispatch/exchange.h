// Exchange: one request while a method serves it.
#pragma once

#include <atomic>
#include <coroutine>
#include <memory>
#include <optional>
#include <string>

#include "codec/session.h"
#include "connection/timers.h"
#include "dispatch/answer.h"
#include "dispatch/http_call.h"
#include "dispatch/request_messages.h"
#include "dispatch/routes.h"
#include "dispatch/stream_format.h"
#include "json/print.h"
#include "tomada/log.h"
#include "tomada/served_method.h"

namespace tomada::pistache_http {

// What all exchanges of a server share.
struct ExchangeOptions {
  std::chrono::nanoseconds request_timeout;
  std::chrono::nanoseconds stream_timeout;
  std::vector<std::string> forward_headers;  // lower case
  json::PrintOptions json;
  AnswerOptions answers;
};

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
                       private StreamObserver,
                       private Timer,
                       private MessageReader,
                       private MessageWriter {
 public:
  // Options, log, endpoint and served outlive the exchange.
  Exchange(const ExchangeOptions& options, const Logger& log, const Endpoint& endpoint, ServedMethod& served,
           BoundRequest bound, ReplyAddress reply);

  // Calls the method. The exchange keeps itself until that has ended.
  void Start();

 private:
  Task<void> Run();
  Task<absl::Status> Invoke();
  void Ended(const absl::Status& status);
  // OK, or what it had to answer instead.
  absl::Status AnswerUnary(const absl::Status& status);
  void AnswerStream(const absl::Status& status);
  void AnswerError(const absl::Status& status);
  // Null when there is nobody to answer to, or no longer.
  Session* client();
  void AddHeaders(Response& response);

  Task<absl::StatusOr<bool>> Read(google::protobuf::Message& message) override;
  void Stop() override { reading_stopped_ = true; }
  Task<absl::Status> Write(const google::protobuf::Message& message) override;
  bool WriteMessage(Session& session, const google::protobuf::Message& message);
  void Begin(Session& session, std::string_view content_type);
  void ResumeWriter();

  // Answers before the method has.
  void Cut(const absl::Status& status);

  void OnDisconnect() override;
  void OnShutdown() override;
  void OnRoom() override { ResumeWriter(); }
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
  ReplyAddress reply_;
  HttpCall call_;
  bool answered_ = false;
  bool finished_ = false;
  bool begun_ = false;              // a stream of responses has its head
  std::coroutine_handle<> writer_;  // waits for room
  std::atomic<bool> reading_stopped_{false};
};

}  // namespace tomada::pistache_http
