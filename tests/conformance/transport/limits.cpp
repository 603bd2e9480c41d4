// What a transport's config bounds is bounded: as far as the bound, no further, and only as long as it is reached.
#include "conformance/transport/transport_case.h"

namespace tomada::testing {
namespace {

using ::testing::Not;

TEST_P(EachKind, AMessageAtItsLimitPassesAndOneBeyondDoesNot) {
  const Probe largest = MakeProbe(1, std::string(50'000, 'x'));
  TOMADA_NEEDS_LIMIT(kMessageBytes, driver().WireSize(largest));
  Outcome outcome = Ask(*Connect(), kind(), {largest});
  EXPECT_THAT(outcome, EndsWith(absl::StatusCode::kOk));
  ASSERT_EQ(service.Last().received.size(), 1u);

  const auto connection = Connect();
  outcome = Ask(*connection, kind(), {MakeProbe(1, largest.text() + "x")});
  EXPECT_THAT(outcome, Not(EndsWith(absl::StatusCode::kOk)));
  ASSERT_TRUE(service.AwaitEnd());
  for (const Seen& seen : service.All()) {
    for (const Probe& received : seen.received) EXPECT_EQ(received.text().size(), largest.text().size());
  }
  EXPECT_THAT(Ask(*Connect(), kind()), EndsWith(absl::StatusCode::kOk));
}

// To a handler it is no end of the requests either.
TEST_P(EachThatTakesAStream, AMessageBeyondTheLimitIsNotAnEnd) {
  TOMADA_NEEDS(kRequestsOneByOne);
  TOMADA_NEEDS_LIMIT(kMessageBytes, 10'000);
  for (int i = 0; i < 20; ++i) {
    const auto connection = Connect();
    const auto call = Open(*connection, kind(), Requests::kMore);
    call->Send(MakeProbe(2, std::string(20'000, 'x')), Patience());
    call->HalfClose();
    ASSERT_THAT(Finish(*call), Not(EndsWith(absl::StatusCode::kOk)));
    ASSERT_TRUE(service.AwaitEnd());
    ASSERT_FALSE(service.Last().last_read->ok());
  }
}

TEST_F(TransportCase, ConnectionsBeyondTheLimitAreRefusedUntilOneGoes) {
  TOMADA_NEEDS_LIMIT(kConnections, 2);
  auto first = Connect();
  const auto second = Connect();
  for (ClientConnection* each : {first.get(), second.get()}) {
    EXPECT_THAT(Ask(*each, MethodKind::kUnary), EndsWith(absl::StatusCode::kOk));
  }
  const auto serves = [this] {
    const auto connection = TryConnect();
    return connection != nullptr && Ask(*connection, MethodKind::kUnary).end.code == absl::StatusCode::kOk;
  };
  EXPECT_FALSE(serves());
  EXPECT_THAT(Ask(*second, MethodKind::kUnary), EndsWith(absl::StatusCode::kOk));
  first.reset();
  EXPECT_TRUE(ProbeService::Eventually(serves));
}

TEST_P(EachKind, CallsBeyondTheLimitAreRefusedAtOnceUntilOneEnds) {
  TOMADA_NEEDS_LIMIT(kCalls, 1);
  const auto connection = Connect(), other = Connect();
  service.Do({.holds = true});
  const auto call = Open(*connection, kind());
  EXPECT_THAT(Ask(*other, kind()), EndsWith(absl::StatusCode::kResourceExhausted));
  EXPECT_EQ(service.begun(), 1);
  service.Release();
  EXPECT_THAT(Finish(*call), EndsWith(absl::StatusCode::kOk));
  EXPECT_TRUE(ProbeService::Eventually([&] { return Ask(*other, kind()).end.code == absl::StatusCode::kOk; }));
}

// A client must not get more work done at once by going away and coming again.
TEST_P(EachKind, ASlotIsHeldUntilTheHandlerEnds) {
  TOMADA_NEEDS_LIMIT(kCalls, 1);
  const auto connection = Connect(), other = Connect();
  service.Do({.reads = 1, .deaf = true});
  const auto call = Open(*connection, kind());
  connection->Cut();
  for (int i = 0; i < 20; ++i) {
    ASSERT_THAT(Ask(*other, kind()), EndsWith(absl::StatusCode::kResourceExhausted));
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_EQ(service.running(), 1);
  service.Release();
  EXPECT_TRUE(ProbeService::Eventually([&] { return Ask(*other, kind()).end.code == absl::StatusCode::kOk; }));
}

}  // namespace
}  // namespace tomada::testing
