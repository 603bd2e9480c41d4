#include "dispatch/dispatcher.h"

#include <algorithm>
#include <array>

#include "connection/worker.h"
#include "dispatch/media_type.h"
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

// To HEAD for a stream. The method is not called: without a body nothing would hold it back.
void AnswerHeadOfStream(ReplyAddress reply) {
  Session* session = reply.session();
  if (session == nullptr) return;
  Response response;
  response.content_type = kNdjson;
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
  bool raw = endpoint.binding.takes_raw_body();
  if (raw || (endpoint.binding.takes_body() && !request->body.empty())) {
    absl::Status status = raw ? CheckRaw(*request) : CheckJson(*request);
    if (!status.ok()) return Refuse(*request, reply, 415, status);
  }
  auto query = ParseQuery(target.query);
  if (!query) {
    return Refuse(*request, reply, 400, absl::InvalidArgumentError("the query has a malformed percent-encoding"));
  }
  google::protobuf::Message* message = endpoint.method->request_prototype->New(&request->arena());
  Content body{raw ? request->Find("content-type").value_or("") : "", request->body};
  if (auto status = endpoint.binding.Bind(match.values, *query, body, message); !status.ok()) {
    return Refuse(*request, reply, HttpStatusOf(status.code()), status);
  }
  bool streams = std::holds_alternative<ServerStreamingHandler>(endpoint.method->handler);
  if (streams && request->method == "HEAD") return AnswerHeadOfStream(reply);
  std::make_shared<Exchange>(options_, log_, endpoint, std::move(request), message, reply)->Start();
}

}  // namespace tomada::pistache_http
