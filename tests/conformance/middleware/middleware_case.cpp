#include "conformance/middleware/middleware_case.h"

#include <algorithm>
#include <atomic>
#include <stdexcept>

namespace tomada::testing {
namespace {

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
  ClientSide client(exchange.call);
  for (const Probe& request : exchange.requests) client.requests.push_back(request.SerializeAsString());
  const HandlerEnd end = exchange.executor.thread().Run(
      CallHandler(method(), exchange.call, client, through == Through::kBarrier ? &log : nullptr));
  for (const std::string& answer : client.answers) exchange.answers.emplace_back().ParseFromString(answer);
  exchange.answers_at_read = client.answers_at_read;
  exchange.threw = end.threw;
  EXPECT_FALSE(exchange.threw && through == Through::kBarrier);
  EXPECT_TRUE(end.on_executor) << "it went on, on another thread";
  EXPECT_EQ(client.mistake, "");
  return end.status;
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
