#include "conformance/middleware/middleware_case.h"

#include <algorithm>
#include <atomic>
#include <stdexcept>

namespace tomada::testing {
namespace {

using google::protobuf::Message;

MiddlewareSubject the_middleware;

ServiceProvider& StartMiddleware(TestHost& host, ProbeService& service) {
  return host.Start<ServiceProvider>("middleware", the_middleware.plugin, the_middleware.settings,
                                     {{the_middleware.port, {{"probe", &service}}}});
}

const Service& ServiceOf(const ServiceProvider& middleware) {
  const auto found = std::ranges::find(middleware.services(), Probe::descriptor()->file()->service(0)->full_name(),
                                       [](const Service& service) { return service.descriptor->full_name(); });
  if (found == middleware.services().end()) throw std::runtime_error("it does not offer the service that it uses");
  return *found;
}

// The client's side of a stream.
class Client final : public MessageReader, public MessageWriter {
 public:
  explicit Client(Exchange& exchange) : exchange_(exchange) {}

  Task<absl::StatusOr<bool>> Read(Message& message) override {
    exchange_.answers_at_read.push_back(exchange_.answers.size());
    Turn turn(exchange_.executor);
    co_await turn;
    if (exchange_.call.cancelled()) co_return exchange_.call.status();
    if (stopped_ || next_ == exchange_.requests.size()) co_return false;
    co_return message.ParseFromString(exchange_.requests[next_++].SerializeAsString());
  }
  void Stop() override { stopped_ = true; }
  Task<absl::Status> Write(const Message& message) override {
    Probe answer;
    answer.ParseFromString(message.SerializeAsString());
    Turn turn(exchange_.executor);
    co_await turn;
    if (exchange_.call.cancelled()) co_return exchange_.call.status();
    exchange_.answers.push_back(answer);
    co_return absl::OkStatus();
  }

 private:
  Exchange& exchange_;
  std::atomic<bool> stopped_{false};
  size_t next_ = 0;
};

// The handler as it is, or behind the barrier of every transport.
Task<absl::Status> Invoke(const Method& method, Exchange& exchange, Client& client, const Message& request,
                          Message& response, const Logger* log) {
  if (auto* unary = std::get_if<UnaryHandler>(&method.handler)) {
    return log ? InvokeUnary(method, exchange.call, *log, request, response)
               : (*unary)(exchange.call, request, response);
  }
  if (auto* given = std::get_if<ServerStreamingHandler>(&method.handler)) {
    return log ? InvokeServerStreaming(method, exchange.call, *log, request, client)
               : (*given)(exchange.call, request, client);
  }
  if (auto* taken = std::get_if<ClientStreamingHandler>(&method.handler)) {
    return log ? InvokeClientStreaming(method, exchange.call, *log, client, response)
               : (*taken)(exchange.call, client, response);
  }
  if (auto* both = std::get_if<BidiStreamingHandler>(&method.handler)) {
    return log ? InvokeBidiStreaming(method, exchange.call, *log, client, client)
               : (*both)(exchange.call, client, client);
  }
  throw std::runtime_error(method.descriptor->full_name() + " has no handler");
}

Task<absl::Status> Serve(const Method& method, Exchange& exchange, const Logger* log) {
  Turn turn(exchange.executor);
  co_await turn;
  Client client(exchange);
  const std::unique_ptr<Message> request(method.request_prototype->New());
  const std::unique_ptr<Message> response(method.response_prototype->New());
  request->ParseFromString(exchange.requests.front().SerializeAsString());
  absl::Status status;
  try {
    status = co_await Invoke(method, exchange, client, *request, *response, log);
  } catch (...) {
    exchange.threw = true;
    status = absl::UnknownError("an exception");
  }
  exchange.on_executor = exchange.executor.InThread();
  if (status.ok() && !method.descriptor->server_streaming()) {
    exchange.answers.emplace_back().ParseFromString(response->SerializeAsString());
  }
  co_return status;
}

}  // namespace

void SelectMiddleware(MiddlewareSubject subject) {
  the_middleware = std::move(subject);
  ProbeService service;
  TestHost host;
  ServiceOf(StartMiddleware(host, service));
}

void CountingExecutor::Post(std::coroutine_handle<> coroutine) {
  Spawn(Deliver(coroutine), [] {});
}

Task<void> CountingExecutor::Deliver(std::coroutine_handle<> coroutine) {
  Turn turn(thread_);
  co_await turn;
  if (++resumed_ == at_) call_->Cancel(absl::CancelledError("at the await"));
  coroutine.resume();
}

void MiddlewareCase::SetUp() { middleware = &StartMiddleware(host, service); }

void MiddlewareCase::TearDown() {
  service.Release();
  EXPECT_EQ(Stop(), absl::OkStatus());
  EXPECT_EQ(service.running(), 0);
  for (const Seen& seen : service.All()) EXPECT_TRUE(seen.on_executor) << "a handler ran on another thread";
}

absl::Status MiddlewareCase::Stop() {
  return middleware->Stop(std::chrono::steady_clock::now() + std::chrono::seconds(1));
}

const Method& MiddlewareCase::method() const { return ServiceOf(*middleware).methods.at(static_cast<size_t>(kind())); }

absl::Status MiddlewareCase::Run(Exchange& exchange, Through through) {
  for (const auto& [name, value] : the_middleware.metadata.entries()) exchange.call.sent.Add(name, value);
  const Logger log(host.log, "conformance");
  absl::Status status =
      exchange.executor.thread().Run(Serve(method(), exchange, through == Through::kBarrier ? &log : nullptr));
  EXPECT_FALSE(exchange.threw && through == Through::kBarrier);
  EXPECT_TRUE(exchange.on_executor) << "it went on, on another thread";
  return status;
}

Probe MiddlewareCase::MakeProbe(int64_t number, std::string text) {
  Probe probe;
  probe.set_number(number);
  probe.set_text(std::move(text));
  return probe;
}

INSTANTIATE_TEST_SUITE_P(Middleware, MiddlewareCase, ::testing::ValuesIn(kEveryKind),
                         [](const auto& test) { return NameOf(test.param); });

}  // namespace tomada::testing
