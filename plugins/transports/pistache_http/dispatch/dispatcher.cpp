#include "dispatch/dispatcher.h"

#include <algorithm>
#include <array>
#include <optional>

#include <absl/strings/ascii.h>
#include <absl/strings/str_split.h>
#include <absl/strings/strip.h>

#include "dispatch/accept.h"
#include "dispatch/document_call.h"
#include "dispatch/media_type.h"
#include "dispatch/stream_format.h"
#include "dispatch/timeout.h"
#include "net/server/worker.h"

namespace tomada::pistache_http {
namespace {

constexpr char kProtocol[] = "http";

// Those of RFC 9110, and PATCH. Any other is answered 501 and not 405 (RFC 9110, 9.1).
bool IsKnownMethod(std::string_view method) {
  constexpr std::array<std::string_view, 9> kKnown = {"GET",     "HEAD",    "POST",  "PUT",  "DELETE",
                                                      "CONNECT", "OPTIONS", "TRACE", "PATCH"};
  return std::find(kKnown.begin(), kKnown.end(), method) != kKnown.end();
}

// Whether its answer is a stream.
bool Streams(const Endpoint& endpoint) {
  return std::holds_alternative<ServerStreamingHandler>(endpoint.method->handler) ||
         std::holds_alternative<BidiStreamingHandler>(endpoint.method->handler);
}

bool TakesStream(const Endpoint& endpoint) {
  return std::holds_alternative<ClientStreamingHandler>(endpoint.method->handler) ||
         std::holds_alternative<BidiStreamingHandler>(endpoint.method->handler);
}

bool HasBody(const Request& request) { return request.body_follows || !request.body.empty(); }

absl::Status CheckMediaType(const Endpoint& endpoint, const Request& request) {
  if (endpoint.binding.takes_raw_body()) return CheckRaw(request);
  if (!endpoint.binding.takes_body() || !HasBody(request)) return absl::OkStatus();
  return TakesStream(endpoint) ? CheckJsonStream(request) : CheckJson(request);
}

// Null when the method does not stream, or the client takes no stream. Raw bytes go as they are, whatever the format.
const StreamFormat* FormatOf(const Endpoint& endpoint, const Request& request) {
  if (!Streams(endpoint)) return nullptr;
  return endpoint.response_body.raw() ? &kLines : ChooseStreamFormat(request);
}

// Of raw bytes nobody knows the type beforehand: the exchange looks at it.
absl::Status CheckAccept(const Endpoint& endpoint, const Request& request, const StreamFormat* format) {
  if (endpoint.response_body.raw() || format != nullptr || !endpoint.success.body_is_wanted()) return absl::OkStatus();
  if (Streams(endpoint)) {
    return absl::InvalidArgumentError(
        "the answer is application/x-ndjson or text/event-stream, and Accept refuses both");
  }
  if (AcceptedQuality(request, kJson) > 0) return absl::OkStatus();
  return absl::InvalidArgumentError("the answer is application/json, and Accept refuses it");
}

Content ContentOf(const Endpoint& endpoint, const Request& request) {
  if (!endpoint.binding.takes_raw_body()) return {"", request.body};
  return {request.Find("content-type").value_or(""), request.body};
}

// Whether the client has the body that `etag` names (RFC 9110, 13.1.2).
bool HasEntityTag(const Request& request, std::string_view etag) {
  for (const net::Header& header : request.headers) {
    if (header.name != "if-none-match") continue;
    for (absl::string_view tag : absl::StrSplit(absl::string_view(header.value.data(), header.value.size()), ',')) {
      tag = absl::StripAsciiWhitespace(tag);
      absl::ConsumePrefix(&tag, "W/");
      if (tag == "*" || tag == absl::string_view(etag.data(), etag.size())) return true;
    }
  }
  return false;
}

void NameRequest(Request& request, net::Worker& worker) {
  const std::string_view given = request.Find("x-request-id").value_or("");
  request.id = IsCallId(given) ? given : request.Keep(worker.request_ids().Next());
}

}  // namespace

Dispatcher::Dispatcher(Routes routes, DocsPages docs, ExchangeOptions options, Logger log, const Metrics& metrics,
                       std::function<bool()> ready)
    : routes_(std::move(routes)),
      docs_(std::move(docs)),
      options_(std::move(options)),
      log_(std::move(log)),
      ready_(std::move(ready)),
      unknown_(std::make_unique<ServedMethod>(metrics, log_, kProtocol)) {
  for (size_t route = 0; route < routes_.size(); ++route) {
    const Method& method = *routes_.endpoint(route).method;
    std::unique_ptr<ServedMethod>& served = methods_[&method];
    if (served == nullptr) served = std::make_unique<ServedMethod>(metrics, log_, kProtocol, *method.descriptor);
    served_.push_back(served.get());
    takes_streams_ |= TakesStream(routes_.endpoint(route));
  }
}

net::BodyWish Dispatcher::WishFor(const net::Request& head) {
  using net::BodyWish;
  if (!takes_streams_ || !IsJsonLines(head)) return BodyWish::kWhole;
  const auto target = ParseTarget(head.target);
  if (!target) return BodyWish::kWhole;
  const Router::Match match = routes_.router().Find(head.method, target->path);
  if (match.result != Router::Match::Result::kFound) return BodyWish::kWhole;
  const Endpoint& endpoint = routes_.endpoint(match.route);
  const bool lines = TakesStream(endpoint) && endpoint.binding.takes_body() && !endpoint.binding.takes_raw_body();
  if (!lines) return BodyWish::kWhole;
  return Streams(endpoint) ? BodyWish::kConversation : BodyWish::kPieces;
}

void Dispatcher::Handle(net::RequestPtr received, net::ResponseStream reply) {
  RequestPtr request = OfThisServer(std::move(received));
  using Result = Router::Match::Result;
  NameRequest(*request, reply.worker());
  auto target = ParseTarget(request->target);
  if (!target) {
    return Refuse(*unknown_, *request, reply, 400, absl::InvalidArgumentError("the request target is malformed"));
  }
  if (target->path == "*" && request->method == "OPTIONS") return AnswerOptions(*request, reply, "");
  if (options_.answers.cors.enabled() && Cors::IsPreflight(*request)) return AnswerPreflight(*request, reply, *target);
  Router::Match match = routes_.router().Find(request->method, target->path);
  switch (match.result) {
    case Result::kFound: return Call(std::move(request), *target, match, reply);
    case Result::kNoPath:
      if (ready_ && target->path == "/healthz") return AnswerHealth(*request, reply, true, "alive\n");
      if (ready_ && target->path == "/readyz") {
        const bool ready = ready_();
        return AnswerHealth(*request, reply, ready, ready ? "ready\n" : "not ready\n");
      }
      if (CallersDocument* document = docs_.FindForCallers(target->path))
        return AnswerDocument(std::move(request), reply, *document);
      if (const DocsPage* page = docs_.Find(target->path)) return AnswerPage(*request, reply, *page, true);
      return Refuse(*unknown_, *request, reply, 404, absl::NotFoundError("there is nothing at this path"));
    case Result::kMalformed:
      return Refuse(*unknown_, *request, reply, 400,
                    absl::InvalidArgumentError("the path has a malformed percent-encoding"));
    case Result::kNoMethod: return RefuseMethod(*request, reply, std::move(match.allow));
  }
}

void Dispatcher::RefuseMethod(const Request& request, net::ResponseStream reply, std::string allow) const {
  if (request.method == "OPTIONS") return AnswerOptions(request, reply, std::move(allow));
  Refuse(*unknown_, request, reply, IsKnownMethod(request.method) ? 405 : 501,
         absl::UnimplementedError("this path does not have this method"), std::move(allow));
}

void Dispatcher::Call(RequestPtr request, const Target& target, const Router::Match& match,
                      net::ResponseStream reply) const {
  const Endpoint& endpoint = routes_.endpoint(match.route);
  ServedMethod& served = *served_[match.route];
  if (!options_.forward_headers->Fit(*request)) {
    return Refuse(served, *request, reply, 431,
                  RefusalStatus(431, "the headers that the service is to have are too large"));
  }
  if (auto status = CheckMediaType(endpoint, *request); !status.ok()) {
    return Refuse(served, *request, reply, 415, status);
  }
  const StreamFormat* format = FormatOf(endpoint, *request);
  if (auto status = CheckAccept(endpoint, *request, format); !status.ok()) {
    return Refuse(served, *request, reply, 406, status);
  }
  const auto longest = format != nullptr ? options_.stream_timeout : options_.request_timeout;
  auto timeout = TimeoutOf(*request, longest);
  if (!timeout.ok()) return Refuse(served, *request, reply, 400, timeout.status());
  const Deadline deadline = reply.worker().now() + *timeout;
  if (*timeout < longest && deadline <= std::chrono::steady_clock::now()) {
    return Refuse(served, *request, reply, 504, DeadlinePassed());
  }
  auto query = ParseQuery(target.query);
  if (!query) {
    return Refuse(served, *request, reply, 400,
                  absl::InvalidArgumentError("the query has a malformed percent-encoding"));
  }
  const Content body = ContentOf(endpoint, *request);
  google::protobuf::Message* message = nullptr;
  std::optional<RequestMessages> messages;
  if (TakesStream(endpoint)) {
    if (request->body_follows) {
      messages.emplace(endpoint.binding, match.values, *std::move(query), reply.worker().limits().max_body_size);
    } else {
      messages.emplace(endpoint.binding, match.values, *std::move(query), body);
    }
  } else {
    message = endpoint.method->request_prototype->New(&request->arena());
    if (auto status = endpoint.binding.Bind(match.values, *query, body, message); !status.ok()) {
      return RefuseBinding(served, *request, reply, status, endpoint.binding);
    }
  }
  if (format != nullptr && request->method == "HEAD") return AnswerHeadOfStream(*request, endpoint, reply, *format);
  BoundRequest bound{std::move(request), message, std::move(messages), deadline, format};
  std::make_shared<Exchange>(options_, log_, endpoint, served, std::move(bound), reply)->Start();
}

void Dispatcher::AnswerHealth(const Request& request, net::ResponseStream reply, bool healthy,
                              std::string_view text) const {
  if (request.method != "GET" && request.method != "HEAD") return RefuseMethod(request, reply, "GET, HEAD, OPTIONS");
  net::Response response = NewResponse(request, options_.answers);
  response.status = healthy ? 200 : 503;
  response.content_type = "text/plain; charset=utf-8";
  response.headers.emplace_back("cache-control", "no-store");
  reply.Respond(response, text);
}

// Asked for again each time, answered with 304 unless the server has changed. Nothing but this server's own scripts may
// run on the page.
void Dispatcher::AnswerPage(const Request& request, net::ResponseStream reply, const DocsPage& page, bool all) const {
  if (request.method != "GET" && request.method != "HEAD") return RefuseMethod(request, reply, "GET, HEAD, OPTIONS");
  if (Refuses(request, page.content_type)) return Refuse(*unknown_, request, reply, 406, NotAcceptable());
  net::Response response = NewResponse(request, options_.answers);
  response.content_type = page.content_type;
  response.headers.emplace_back("content-security-policy",
                                "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'");
  response.headers.emplace_back("x-content-type-options", "nosniff");
  if (!page.location.empty()) {
    response.status = 307;
    response.headers.emplace_back("location", page.location);
    return reply.Respond(response, "");
  }
  response.headers.emplace_back("etag", page.etag);
  response.headers.emplace_back("cache-control", all ? "no-cache" : "private, no-cache");
  if (!HasEntityTag(request, page.etag)) {
    return all ? reply.RespondShared(response, page.body) : reply.Respond(response, page.body);
  }
  response.status = 304;
  response.content_type = {};
  reply.Respond(response, "");
}

void Dispatcher::AnswerDocument(RequestPtr request, net::ResponseStream reply, CallersDocument& document) const {
  using PagePtr = CallersDocument::PagePtr;
  const auto answer = [this](const Request& asked, net::ResponseStream to, const absl::StatusOr<PagePtr>& page) {
    if (page.ok()) return AnswerPage(asked, to, **page, false);
    const int http_status = absl::IsDeadlineExceeded(page.status()) ? 504 : 503;
    Refuse(*unknown_, asked, to, http_status, page.status());
  };
  const Deadline deadline = reply.worker().now() + options_.request_timeout;
  std::make_shared<DocumentCall>(document, *options_.forward_headers, std::move(request), deadline, reply, answer)
      ->Start();
}

void Dispatcher::Refuse(net::RequestPtr received, net::ResponseStream reply, int http_status,
                        std::string_view message) {
  const RequestPtr request = OfThisServer(std::move(received));
  NameRequest(*request, reply.worker());
  net::Response response = NewResponse(*request, options_.answers);
  if (http_status == 429 || http_status == 503) response.headers.emplace_back("retry-after", "1");
  AnswerError(reply, RefusalStatus(http_status, message), nullptr, http_status, std::move(response));
}

void Dispatcher::Refuse(ServedMethod& served, const Request& request, net::ResponseStream reply, int http_status,
                        const absl::Status& status, std::string allow) const {
  served.Refused(status.code(), request.id);
  net::Response response = NewResponse(request, options_.answers);
  if (!allow.empty()) response.headers.emplace_back("allow", std::move(allow));
  AnswerError(reply, status, nullptr, http_status, std::move(response));
}

void Dispatcher::RefuseBinding(ServedMethod& served, const Request& request, net::ResponseStream reply,
                               const absl::Status& status, const Binding& binding) const {
  served.Refused(status.code(), request.id);
  AnswerError(reply, status, &binding, std::nullopt, NewResponse(request, options_.answers));
}

void Dispatcher::AnswerError(net::ResponseStream reply, const absl::Status& status, const Binding* binding,
                             std::optional<int> http_status, net::Response response) const {
  std::string_view body = MakeError(status, options_.answers, binding, response, reply.worker().scratch());
  response.status = http_status.value_or(response.status);
  reply.Respond(response, body);
}

void Dispatcher::AnswerOptions(const Request& request, net::ResponseStream reply, std::string allow) const {
  net::Response response = NewResponse(request, options_.answers);
  response.status = 204;
  response.content_type = {};
  if (!allow.empty()) response.headers.emplace_back("allow", std::move(allow));
  reply.Respond(response, "");
}

void Dispatcher::AnswerPreflight(const Request& request, net::ResponseStream reply, const Target& target) const {
  net::Response response = NewResponse(request, options_.answers);
  response.status = 204;
  response.content_type = {};
  std::string_view asked = *request.Find("access-control-request-method");
  Router::Match match = routes_.router().Find(asked, target.path);
  bool found = match.result == Router::Match::Result::kFound;
  options_.answers.cors.AddToPreflight(request, found ? std::string(asked) : std::move(match.allow), response);
  reply.Respond(response, "");
}

// The method is not called: nobody reads what it writes, so it would write without ever being made to wait.
void Dispatcher::AnswerHeadOfStream(const Request& request, const Endpoint& endpoint, net::ResponseStream reply,
                                    const StreamFormat& format) const {
  net::Response response = NewResponse(request, options_.answers);
  response.content_type = endpoint.response_body.raw() ? "" : format.content_type;
  reply.SendHead(response);
  reply.End();
}

}  // namespace tomada::pistache_http
