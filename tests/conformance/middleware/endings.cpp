// Every call ends, once and without an exception: when it is cancelled, at whichever await, and when the host stops.
#include <atomic>
#include <thread>

#include "conformance/middleware/middleware_case.h"

namespace tomada::testing {
namespace {

TEST_P(MiddlewareCase, ACancelledCallEndsAtEveryAwait) {
  service.Do({.waits = true, .writes = 3});
  for (int at = 1;; ++at) {
    ASSERT_LT(at, 1000) << "it goes on for ever";
    Exchange exchange({MakeProbe(1), MakeProbe(2)});
    exchange.executor.CancelAt(at, exchange.call);
    const absl::Status status = Run(exchange);
    EXPECT_FALSE(exchange.threw) << "cancelled before resumption " << at;
    EXPECT_EQ(service.running(), 0) << "cancelled before resumption " << at;
    if (exchange.executor.resumed() < at) {
      EXPECT_EQ(status, absl::OkStatus()) << "never cancelled";
      return;
    }
    EXPECT_TRUE(status.ok() || status.code() == absl::StatusCode::kCancelled) << at << ": " << status;
  }
}

// The client waits, and nothing comes that would wake anybody but the cancellation.
TEST_P(MiddlewareCase, ACancellationReachesTheService) {
  service.Do({.holds = true});
  Exchange exchange({Probe()});
  std::jthread cancels([&] {
    service.AwaitGate();
    exchange.call.Cancel(absl::CancelledError("the client is gone"));
  });
  EXPECT_EQ(Run(exchange).code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(service.Last().held.code(), absl::StatusCode::kCancelled);
}

TEST_P(MiddlewareCase, ACallUnderWayAtAStopEnds) {
  service.Do({.holds = true});
  Exchange exchange({Probe()});
  std::jthread stops([&] {
    service.AwaitGate();
    EXPECT_EQ(Stop(), absl::OkStatus());
    service.Release();
  });
  Run(exchange).IgnoreError();
  EXPECT_FALSE(exchange.threw);
}

TEST_P(MiddlewareCase, ACallAfterAStopEnds) {
  EXPECT_EQ(Stop(), absl::OkStatus());
  EXPECT_EQ(Stop(), absl::OkStatus()) << "twice";
  Exchange exchange({Probe()});
  Run(exchange).IgnoreError();
  EXPECT_FALSE(exchange.threw);
}

TEST_P(MiddlewareCase, ManyAtOnceDoNotMeet) {
  service.Do({.waits = true});
  std::atomic<int> right{0};
  std::vector<std::jthread> clients;
  for (int client = 0; client < 8; ++client) {
    clients.emplace_back([&, client] {
      for (int i = 0; i < 20; ++i) {
        Exchange exchange({MakeProbe(0, std::to_string(client * 100 + i))});
        const bool ended = Run(exchange).ok();
        right += ended && exchange.answers.size() == 1 && exchange.answers[0].text() == exchange.requests[0].text();
      }
    });
  }
  clients.clear();
  EXPECT_EQ(right, 8 * 20);
}

}  // namespace
}  // namespace tomada::testing
