// A handler starts on its call's executor and goes on there after each await. Every case looks; these are made for it.
#include <atomic>
#include <thread>

#include "conformance/transport/transport_case.h"

namespace tomada::testing {
namespace {

TEST_P(EachKind, AHandlerKeepsToItThroughTimesEventsReadsAndWrites) {
  const auto connection = Connect();
  service.Do({.waits = true, .echoes = true, .writes = 20});
  const std::vector<Probe> requests(TakesStream(kind()) ? 20 : 1);
  EXPECT_THAT(Ask(*connection, kind(), requests), EndsWith(absl::StatusCode::kOk));
  EXPECT_TRUE(service.Last().on_executor);
}

TEST_P(EachKind, SoDoManyAtOnce) {
  Start();
  service.Do({.waits = true, .writes = 5});
  std::atomic<int> right{0};
  std::vector<std::jthread> clients;
  for (int client = 0; client < 8; ++client) {
    clients.emplace_back([&] {
      const auto connection = Connect();
      for (int i = 0; i < 10; ++i) right += Ask(*connection, kind()).end.code == absl::StatusCode::kOk;
    });
  }
  clients.clear();
  EXPECT_EQ(right, 80);
}

// Of handlers that wait for nothing too.
TEST_F(TransportCase, EachCallKeepsToIt) {
  const auto connection = Connect();
  Ask(*connection, MethodKind::kUnary);
  EXPECT_TRUE(service.Last().on_executor);
}

}  // namespace
}  // namespace tomada::testing
