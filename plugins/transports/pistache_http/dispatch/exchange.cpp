#include "dispatch/exchange.h"

#include "connection/worker.h"

namespace tomada::pistache_http {
namespace {

// Goes on on the worker's thread: at once when it is this one.
class OnThreadOf {
 public:
  explicit OnThreadOf(Worker& worker) : worker_(worker) {}
  bool await_ready() const noexcept { return worker_.InThread(); }
  void await_suspend(std::coroutine_handle<> coroutine) const { worker_.executor().Post(coroutine); }
  void await_resume() const noexcept {}

 private:
  Worker& worker_;
};

// Suspends and leaves the handle where the one who resumes will look.
class Park {
 public:
  explicit Park(std::coroutine_handle<>& place) : place_(place) {}
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> coroutine) const noexcept { place_ = coroutine; }
  void await_resume() const noexcept {}

 private:
  std::coroutine_handle<>& place_;
};

}  // namespace

Exchange::Exchange(const ExchangeOptions& options, const Logger& log, const Endpoint& endpoint, ServedMethod& served,
                   BoundRequest bound, ReplyAddress reply)
    : Timer(reply.worker().timers()),
      options_(options),
      log_(log),
      endpoint_(endpoint),
      served_(served),
      begin_(reply.worker().now()),
      request_(std::move(bound.request)),
      request_message_(bound.message),
      request_messages_(std::move(bound.messages)),
      format_(bound.format),
      reply_(reply),
      call_(reply.worker().executor(), bound.deadline, *request_, options.forward_headers) {}

void Exchange::Start() {
  auto self = shared_from_this();
  served_.Began();
  if (Session* session = client()) session->Observe(reply_.stream(), this);
  Spawn(Run(), [self] {});
  // Most methods have ended by now: they cost no timer.
  if (!finished_) SetDeadline(call_.deadline());
}

Task<void> Exchange::Run() {
  absl::Status status = co_await Invoke();
  OnThreadOf hop(reply_.worker());
  co_await hop;
  if (format_ != nullptr) {
    AnswerStream(status);
  } else {
    status = AnswerUnary(status);
  }
  Ended(status);
}

Task<absl::Status> Exchange::Invoke() {
  const Method& method = *endpoint_.method;
  if (format_ != nullptr && request_messages_) return InvokeBidiStreaming(method, call_, log_, *this, *this);
  if (format_ != nullptr) return InvokeServerStreaming(method, call_, log_, *request_message_, *this);
  response_message_ = method.response_prototype->New(&request_->arena());
  if (request_messages_) return InvokeClientStreaming(method, call_, log_, *this, *response_message_);
  return InvokeUnary(method, call_, log_, *request_message_, *response_message_);
}

void Exchange::Ended(const absl::Status& status) {
  served_.Ended(call_, status.code(), std::chrono::steady_clock::now() - begin_);
  finished_ = true;
}

Session* Exchange::client() { return answered_ ? nullptr : reply_.session(); }

absl::Status Exchange::AnswerUnary(const absl::Status& status) {
  if (!status.ok()) {
    AnswerError(status);
    return status;
  }
  Session* session = client();
  if (session == nullptr) return status;
  absl::StatusOr<Content> body =
      endpoint_.response_body.Render(*response_message_, options_.json, reply_.worker().scratch());
  if (!body.ok()) {
    AnswerError(body.status());
    return body.status();
  }
  Response response = NewResponse(*request_, options_.answers);
  response.content_type = body->type;
  AddHeaders(response);
  answered_ = true;
  session->Respond(reply_.stream(), response, body->data);
  return status;
}

void Exchange::AnswerError(const absl::Status& status) {
  Session* session = client();
  if (session == nullptr) return;
  Response response = NewResponse(*request_, options_.answers);
  AddHeaders(response);
  std::string_view body = MakeError(status, options_.answers, &endpoint_.binding, response, reply_.worker().scratch());
  answered_ = true;
  session->Respond(reply_.stream(), response, body);
}

void Exchange::AddHeaders(Response& response) {
  for (const Metadata::Entry& entry : call_.response_metadata().entries()) {
    if (MayBeResponseHeader(entry)) response.headers.emplace_back(entry.first, entry.second);
  }
}

// A stream that fails after its head has gone out says so in its last words, or where it has no words by a cut.
void Exchange::AnswerStream(const absl::Status& status) {
  if (!status.ok() && !begun_) return AnswerError(status);
  Session* session = client();
  if (session == nullptr) return;
  bool raw = endpoint_.response_body.raw();
  if (!begun_) Begin(*session, raw ? "" : format_->content_type);
  answered_ = true;
  if (raw && !status.ok()) return session->Break(reply_.stream());
  if (!raw) {
    std::string& text = reply_.worker().scratch();
    if (status.ok()) {
      text.append(format_->end);
    } else {
      text.append(format_->before_error);
      AppendStatusJson(status, &text);
      text.append(format_->after_error);
    }
    session->Write(reply_.stream(), text);
  }
  session->End(reply_.stream());
}

// The whole body is there: a read never waits for the client.
Task<absl::StatusOr<bool>> Exchange::Read(google::protobuf::Message& message) {
  OnThreadOf hop(reply_.worker());
  co_await hop;
  if (call_.cancelled()) co_return call_.status();
  if (reading_stopped_) co_return false;
  co_return request_messages_->Next(&message);
}

Task<absl::Status> Exchange::Write(const google::protobuf::Message& message) {
  OnThreadOf hop(reply_.worker());
  co_await hop;
  if (call_.cancelled()) co_return call_.status();
  Session* session = client();
  if (session == nullptr) co_return absl::CancelledError("the client is gone");
  if (!WriteMessage(*session, message)) {
    Park park(writer_);
    co_await park;
  }
  co_return call_.status();
}

// False when the next one has to wait for room. One that has no JSON form ends the stream.
bool Exchange::WriteMessage(Session& session, const google::protobuf::Message& message) {
  bool raw = endpoint_.response_body.raw();
  std::string& text = reply_.worker().scratch();
  if (!raw) text.append(format_->before);
  absl::StatusOr<Content> content = endpoint_.response_body.Render(message, options_.json, text);
  if (!content.ok()) {
    Cut(content.status());
    return true;
  }
  if (!begun_) Begin(session, raw ? content->type : format_->content_type);
  if (raw) return session.Write(reply_.stream(), content->data);
  text.append(format_->after);
  return session.Write(reply_.stream(), text);
}

void Exchange::Begin(Session& session, std::string_view content_type) {
  Response response = NewResponse(*request_, options_.answers);
  response.content_type = content_type;
  if (content_type == kEvents.content_type) response.headers.emplace_back("cache-control", "no-cache");
  AddHeaders(response);
  begun_ = true;
  session.Begin(reply_.stream(), response);
}

void Exchange::ResumeWriter() {
  if (std::coroutine_handle<> writer = std::exchange(writer_, nullptr)) call_.executor().Post(writer);
}

void Exchange::OnDisconnect() {
  auto self = shared_from_this();
  answered_ = true;
  ResumeWriter();
  call_.Cancel(absl::CancelledError("the client is gone"));
}

void Exchange::OnShutdown() { Cut(absl::UnavailableError(kShuttingDown)); }

void Exchange::Expired() { Cut(absl::DeadlineExceededError("the deadline has passed")); }

void Exchange::Cut(const absl::Status& status) {
  auto self = shared_from_this();
  AnswerStream(status);
  ResumeWriter();
  call_.Cancel(status);
}

}  // namespace tomada::pistache_http
