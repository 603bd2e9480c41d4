#include "dispatch/exchange.h"

#include "dispatch/accept.h"
#include "net/server/worker.h"

namespace tomada::pistache_http {
namespace {

// A stream of events that has nothing to say by then sends its head: what fails before still has an HTTP status.
constexpr std::chrono::milliseconds kHeadAfter{100};
constexpr std::string_view kEventComment = ":\n\n";

// Suspends and leaves the handle where the one who resumes will look.
class Park {
 public:
  explicit Park(std::coroutine_handle<>& slot) : slot_(slot) {}
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> coroutine) const noexcept { slot_ = coroutine; }
  void await_resume() const noexcept {}

 private:
  std::coroutine_handle<>& slot_;
};

}  // namespace

Exchange::Exchange(const ExchangeOptions& options, const Logger& log, const Endpoint& endpoint, ServedMethod& served,
                   BoundRequest bound, net::ResponseStream reply)
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
      call_(reply, bound.deadline, *request_, *options.forward_headers) {}

void Exchange::Start() {
  auto self = shared_from_this();
  served_.Began();
  reply_.Observe(this);
  Spawn(Run(), [self] {});
  // Most methods have ended by now: they cost no timer.
  if (finished_) return;
  if (IsEvents() && !begun_) silent_until_ = reply_.worker().now() + kHeadAfter;
  SetTimer();
}

bool Exchange::IsEvents() const { return format_ == &kEvents && !endpoint_.response_body.raw(); }

void Exchange::SetTimer() { SetDeadline(std::min(call_.deadline(), silent_until_)); }

Task<void> Exchange::Run() {
  absl::Status status = co_await Invoke();
  Hop hop(reply_.worker().executor());
  co_await hop;
  // A method that never waits ends before the timer has a chance.
  if (status.ok() && call_.time_left().count() == 0) status = DeadlinePassed();
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

bool Exchange::HasClient() const { return !answered_ && reply_.connected(); }

absl::Status Exchange::AnswerUnary(const absl::Status& status) {
  if (!status.ok()) {
    AnswerError(status);
    return status;
  }
  if (!HasClient()) return status;
  absl::StatusOr<Content> body = RenderBody();
  if (!body.ok()) {
    AnswerError(body.status());
    return body.status();
  }
  if (!Accepts(body->type)) {
    AnswerError(NotAcceptable());
    return NotAcceptable();
  }
  net::Response response = NewResponse(*request_, options_.answers);
  response.status = endpoint_.success.status();
  response.content_type = body->type;
  if (auto located = AddLocation(response); !located.ok()) {
    AnswerError(located);
    return located;
  }
  AddHeaders(response);
  answered_ = true;
  reply_.Respond(response, body->data);
  return status;
}

absl::StatusOr<Content> Exchange::RenderBody() {
  if (!endpoint_.success.has_body()) return Content();
  return endpoint_.response_body.Render(*response_message_, options_.json, reply_.worker().scratch());
}

absl::Status Exchange::AddLocation(net::Response& response) {
  const LocationTemplate* location = endpoint_.success.location();
  if (location == nullptr) return absl::OkStatus();
  absl::StatusOr<std::string> url = location->Expand(*response_message_);
  if (!url.ok()) {
    log_.Error("a success has no Location", {{"method", endpoint_.method->descriptor->full_name()},
                                             {"location", location->text()},
                                             {"cause", std::string(url.status().message())},
                                             {"call", std::string(request_->id)}});
    return url.status();
  }
  // A proxy may have taken a prefix off the path.
  if (url->front() == '/') url->insert(0, options_.public_url);
  response.headers.emplace_back("location", *std::move(url));
  return absl::OkStatus();
}

void Exchange::AnswerError(const absl::Status& status) {
  if (!HasClient()) return;
  net::Response response = NewResponse(*request_, options_.answers);
  AddHeaders(response);
  std::string_view body = MakeError(status, options_.answers, &endpoint_.binding, response, reply_.worker().scratch());
  response.status = error_status_.value_or(response.status);
  answered_ = true;
  reply_.Respond(response, body);
}

// Only of what has no effect: the answer to anything else is not held back once the effect is there.
bool Exchange::Accepts(std::string_view content_type) {
  const bool safe = request_->method == "GET" || request_->method == "HEAD";
  const bool refusable = safe && endpoint_.response_body.raw() && endpoint_.success.body_is_wanted();
  if (!refusable || !Refuses(*request_, content_type)) return true;
  error_status_ = 406;
  return false;
}

void Exchange::AddHeaders(net::Response& response) {
  for (const Metadata::Entry& entry : call_.response_metadata().entries()) {
    if (entry.first == "location" && endpoint_.success.location() != nullptr) continue;
    if (MayBeResponseHeader(entry)) response.headers.emplace_back(entry.first, entry.second);
  }
}

// A stream that fails after its head has gone out says so in its last words, or where it has no words by a cut.
void Exchange::AnswerStream(const absl::Status& status) {
  if (!status.ok() && !begun_) return AnswerError(status);
  if (!HasClient()) return;
  bool raw = endpoint_.response_body.raw();
  if (!begun_) Begin(raw ? "" : format_->content_type);
  answered_ = true;
  if (raw && !status.ok()) return reply_.Reset(net::ResetCode::kInternal);
  if (!raw) {
    std::string& text = reply_.worker().scratch();
    if (status.ok()) {
      text.append(format_->end);
    } else {
      text.append(format_->before_error);
      AppendStatusJson(status, &text);
      text.append(format_->after_error);
    }
    reply_.Write(text);
  }
  reply_.End();
}

Task<absl::StatusOr<bool>> Exchange::Read(google::protobuf::Message& message) {
  Hop hop(reply_.worker().executor());
  co_await hop;
  using Next = RequestMessages::Next;
  while (!call_.cancelled()) {
    if (reading_stopped_) co_return false;
    const absl::StatusOr<Next> next = request_messages_->Read(&message);
    if (absl::IsResourceExhausted(next.status())) {
      Refuse(413, std::string_view(next.status().message().data(), next.status().message().size()));
      break;
    }
    if (!next.ok()) co_return next.status();
    if (*next != Next::kMore) co_return *next == Next::kMessage;
    if (TakeBody()) continue;
    Park park(reader_);
    co_await park;
  }
  co_return call_.status();
}

// False when there is nothing new, and OnBody will come.
bool Exchange::TakeBody() {
  std::string& lines = request_messages_->lines();
  const size_t had = lines.size();
  const net::Body body = reply_.TakeBody(lines);
  if (body == net::Body::kWhole) request_messages_->EndLines();
  if (body == net::Body::kGone) call_.Cancel(absl::CancelledError("the client is gone"));
  return body != net::Body::kOpen || lines.size() > had;
}

Task<absl::Status> Exchange::Write(const google::protobuf::Message& message) {
  Hop hop(reply_.worker().executor());
  co_await hop;
  if (call_.cancelled()) co_return call_.status();
  if (!HasClient()) co_return absl::CancelledError("the client is gone");
  if (!WriteMessage(message)) {
    Park park(writer_);
    co_await park;
  }
  co_return call_.status();
}

// False when the next one has to wait for room. One that has no JSON form ends the stream.
bool Exchange::WriteMessage(const google::protobuf::Message& message) {
  bool raw = endpoint_.response_body.raw();
  std::string& text = reply_.worker().scratch();
  if (!raw) text.append(format_->before);
  absl::StatusOr<Content> content = endpoint_.response_body.Render(message, options_.json, text);
  if (!content.ok()) {
    Cut(content.status());
    return true;
  }
  if (!begun_ && !Accepts(content->type)) {
    Cut(NotAcceptable());
    return true;
  }
  if (!begun_) Begin(raw ? content->type : format_->content_type);
  if (raw) return reply_.Write(content->data);
  text.append(format_->after);
  if (IsEvents()) Spoke();
  return reply_.Write(text);
}

void Exchange::Begin(std::string_view content_type, Headers headers) {
  net::Response response = NewResponse(*request_, options_.answers);
  response.content_type = content_type;
  if (IsEvents()) response.headers.emplace_back("cache-control", "no-cache");
  // A proxy that gathers the answer would hold its messages back (nginx).
  if (!endpoint_.response_body.raw()) response.headers.emplace_back("x-accel-buffering", "no");
  if (headers == Headers::kAll) AddHeaders(response);
  begun_ = true;
  reply_.SendHead(response);
  if (IsEvents()) Spoke();
}

// A stream of events has just said something.
void Exchange::Spoke() {
  const bool keeps_alive = options_.event_keepalive.count() > 0;
  silent_until_ = keeps_alive ? reply_.worker().now() + options_.event_keepalive : Deadline::max();
  SetTimer();
}

// The handler may be running on another thread: what it has put among its headers cannot be looked at.
void Exchange::KeepAlive() {
  silent_until_ = Deadline::max();
  if (!HasClient()) return SetTimer();
  if (!begun_) return Begin(format_->content_type, Headers::kOwn);
  if (!writer_) reply_.Write(kEventComment);
  Spoke();
}

void Exchange::ResumeWriter() {
  if (std::coroutine_handle<> writer = std::exchange(writer_, nullptr)) call_.executor().Post(writer);
}

void Exchange::ResumeReader() {
  if (std::coroutine_handle<> reader = std::exchange(reader_, nullptr)) call_.executor().Post(reader);
}

void Exchange::Refuse(int http_status, std::string_view why) {
  error_status_ = http_status;
  Cut(RefusalStatus(http_status, why));
}

void Exchange::OnDisconnect() {
  auto self = shared_from_this();
  answered_ = true;
  ResumeWriter();
  ResumeReader();
  call_.Cancel(absl::CancelledError("the client is gone"));
}

void Exchange::OnShutdown() { Cut(absl::UnavailableError(net::kShuttingDown)); }

void Exchange::Expired() {
  const Deadline now = reply_.worker().now();
  if (now >= call_.deadline()) return Cut(DeadlinePassed());
  if (now >= silent_until_) KeepAlive();
}

void Exchange::Cut(const absl::Status& status) {
  auto self = shared_from_this();
  AnswerStream(status);
  ResumeWriter();
  ResumeReader();
  call_.Cancel(status);
}

}  // namespace tomada::pistache_http
