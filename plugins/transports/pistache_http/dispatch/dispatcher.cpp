#include "dispatch/dispatcher.h"

#include <algorithm>
#include <array>

#include "connection/worker.h"
#include "dispatch/accept.h"
#include "dispatch/media_type.h"
#include "dispatch/stream_format.h"
#include "transcode/status_json.h"

namespace tomada::pistache_http {
namespace {

// Answers without calling anything. `allow` is empty when there is none to name.
void Refuse(const Request& request, ReplyAddress reply, int http_status, const absl::Status& status,
            std::string allow = "") {
  Session* session = reply.session();
  if (session == nullptr) return;
  Response response;
  response.status = http_status;
  if (!allow.empty()) response.headers.emplace_back("allow", std::move(allow));
  if (auto id = UsableRequestId(request)) response.headers.emplace_back("x-request-id", *id);
  std::string& body = reply.worker().scratch();
  AppendStatusJson(status, &body);
  session->Respond(reply.stream(), response, body);
}

// Those of RFC 9110, and PATCH. Any other is answered 501 and not 405 (RFC 9110, 9.1).
bool IsKnownMethod(std::string_view method) {
  constexpr std::array<std::string_view, 9> kKnown = {"GET",     "HEAD",    "POST",  "PUT",  "DELETE",
                                                      "CONNECT", "OPTIONS", "TRACE", "PATCH"};
  return std::find(kKnown.begin(), kKnown.end(), method) != kKnown.end();
}

void AnswerOptions(ReplyAddress reply, std::string allow) {
  Session* session = reply.session();
  if (session == nullptr) return;
  Response response;
  response.status = 204;
  response.content_type = {};
  if (!allow.empty()) response.headers.emplace_back("allow", std::move(allow));
  session->Respond(reply.stream(), response, "");
}

bool Streams(const Endpoint& endpoint) {
  return std::holds_alternative<ServerStreamingHandler>(endpoint.method->handler);
}

absl::Status CheckMediaType(const Endpoint& endpoint, const Request& request) {
  if (endpoint.binding.takes_raw_body()) return CheckRaw(request);
  if (!endpoint.binding.takes_body() || request.body.empty()) return absl::OkStatus();
  return CheckJson(request);
}

// Null when the method does not stream, or the client takes no stream. Raw bytes go as they are, whatever the format.
const StreamFormat* FormatOf(const Endpoint& endpoint, const Request& request) {
  if (!Streams(endpoint)) return nullptr;
  return endpoint.response_body.raw() ? &kLines : ChooseStreamFormat(request);
}

// Of raw bytes nobody knows the type beforehand.
absl::Status CheckAccept(const Endpoint& endpoint, const Request& request, const StreamFormat* format) {
  if (endpoint.response_body.raw() || format != nullptr) return absl::OkStatus();
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

// The method is not called: without a body nothing would hold it back.
void AnswerHeadOfStream(const Endpoint& endpoint, ReplyAddress reply, const StreamFormat& format) {
  Session* session = reply.session();
  if (session == nullptr) return;
  Response response;
  response.content_type = endpoint.response_body.raw() ? "" : format.content_type;
  session->Begin(reply.stream(), response);
  session->End(reply.stream());
}

}  // namespace

Dispatcher::Dispatcher(Routes routes, ExchangeOptions options, Logger log)
    : routes_(std::move(routes)), options_(std::move(options)), log_(std::move(log)) {}

void Dispatcher::Handle(RequestPtr request, ReplyAddress reply) {
  using Result = Router::Match::Result;
  auto target = ParseTarget(request->target);
  if (!target) return Refuse(*request, reply, 400, absl::InvalidArgumentError("the request target is malformed"));
  if (target->path == "*" && request->method == "OPTIONS") return AnswerOptions(reply, "");
  Router::Match match = routes_.router().Find(request->method, target->path);
  switch (match.result) {
    case Result::kFound: return Call(std::move(request), *target, match, reply);
    case Result::kNoPath: return Refuse(*request, reply, 404, absl::NotFoundError("there is nothing at this path"));
    case Result::kMalformed:
      return Refuse(*request, reply, 400, absl::InvalidArgumentError("the path has a malformed percent-encoding"));
    case Result::kNoMethod:
      if (request->method == "OPTIONS") return AnswerOptions(reply, std::move(match.allow));
      return Refuse(*request, reply, IsKnownMethod(request->method) ? 405 : 501,
                    absl::UnimplementedError("this path does not have this method"), std::move(match.allow));
  }
}

void Dispatcher::Call(RequestPtr request, const Target& target, const Router::Match& match, ReplyAddress reply) const {
  const Endpoint& endpoint = routes_.endpoint(match.route);
  if (auto status = CheckMediaType(endpoint, *request); !status.ok()) return Refuse(*request, reply, 415, status);
  const StreamFormat* format = FormatOf(endpoint, *request);
  if (auto status = CheckAccept(endpoint, *request, format); !status.ok()) return Refuse(*request, reply, 406, status);
  auto query = ParseQuery(target.query);
  if (!query) {
    return Refuse(*request, reply, 400, absl::InvalidArgumentError("the query has a malformed percent-encoding"));
  }
  google::protobuf::Message* message = endpoint.method->request_prototype->New(&request->arena());
  if (auto status = endpoint.binding.Bind(match.values, *query, ContentOf(endpoint, *request), message); !status.ok()) {
    return Refuse(*request, reply, HttpStatusOf(status.code()), status);
  }
  if (format != nullptr && request->method == "HEAD") return AnswerHeadOfStream(endpoint, reply, *format);
  auto timeout = format != nullptr ? options_.stream_timeout : options_.request_timeout;
  BoundRequest bound{std::move(request), message, reply.worker().now() + timeout, format};
  std::make_shared<Exchange>(options_, log_, endpoint, std::move(bound), reply)->Start();
}

}  // namespace tomada::pistache_http
