// Every call has a deadline, the handler knows it, and the transport ends the call there.
#include "conformance/transport/transport_case.h"

namespace tomada::testing {
namespace {

using std::chrono::milliseconds;
using ::testing::AnyOf;

constexpr uint64_t kLimit = 200;  // milliseconds, of the transport's own

TEST_P(EachKind, TheClientsReachesTheHandler) {
  TOMADA_NEEDS(kDeadline);
  const auto connection = Connect();
  Ask(*connection, kind(), {Probe()}, {.timeout = std::chrono::seconds(10)});
  const auto left = service.Last().deadline - service.Last().begun;
  EXPECT_GT(left, std::chrono::seconds(5));
  EXPECT_LE(left, milliseconds(10'100));
}

TEST_P(EachKind, ThereIsOneWithoutTheClients) {
  const auto connection = Connect();
  Ask(*connection, kind());
  const auto left = service.Last().deadline - service.Last().begun;
  EXPECT_GT(left, left.zero());
  EXPECT_LE(left, std::chrono::hours(24));
}

// The client's own clock may end the call there a moment earlier, and the handler then sees a client that went away.
TEST_P(EachKind, AtTheClientsTheHandlerIsCancelled) {
  TOMADA_NEEDS(kDeadline);
  const auto connection = Connect();
  service.Do({.holds = true});
  const auto call = Open(*connection, kind(), Requests::kAll, {.timeout = milliseconds(400)});
  EXPECT_THAT(Finish(*call), EndsWith(absl::StatusCode::kDeadlineExceeded));
  ASSERT_TRUE(service.AwaitEnd());
  const Seen seen = service.Last();
  EXPECT_THAT(seen.held.code(), AnyOf(absl::StatusCode::kDeadlineExceeded, absl::StatusCode::kCancelled));
  EXPECT_GE(*seen.ended, seen.deadline - milliseconds(100)) << "too early";
}

TEST_P(EachKind, TheTransportsOwnEndsTheCallAndTheClientIsTold) {
  TOMADA_NEEDS_LIMIT(kDeadline, kLimit);
  const auto connection = Connect();
  service.Do({.holds = true});
  const auto call = Open(*connection, kind());
  EXPECT_THAT(Finish(*call), EndsWith(absl::StatusCode::kDeadlineExceeded));
  ASSERT_TRUE(service.AwaitEnd());
  EXPECT_EQ(service.Last().held.code(), absl::StatusCode::kDeadlineExceeded);
}

TEST_F(TransportCase, TheTransportsOwnHoldsForClientsThatAskForMore) {
  TOMADA_NEEDS(kDeadline);
  TOMADA_NEEDS_LIMIT(kDeadline, kLimit);
  const auto connection = Connect();
  service.Do({.holds = true});
  const auto call = Open(*connection, MethodKind::kUnary, Requests::kAll, {.timeout = std::chrono::hours(1)});
  EXPECT_THAT(Finish(*call), EndsWith(absl::StatusCode::kDeadlineExceeded));
}

TEST_P(EachThatTakesAStream, EndsAHandlerThatReads) {
  TOMADA_NEEDS(kRequestsOneByOne);
  TOMADA_NEEDS_LIMIT(kDeadline, kLimit);
  const auto connection = Connect();
  const auto call = Open(*connection, kind(), Requests::kMore);
  EXPECT_THAT(Finish(*call), EndsWith(absl::StatusCode::kDeadlineExceeded));
  ASSERT_TRUE(service.AwaitEnd());
  EXPECT_EQ(service.Last().last_read->status().code(), absl::StatusCode::kDeadlineExceeded);
}

TEST_P(EachThatGivesAStream, EndsAHandlerThatWritesToAClientThatDoesNotRead) {
  TOMADA_NEEDS_LIMIT(kDeadline, kLimit);
  const auto connection = Connect();
  service.Do({.writes = -1, .padding = std::string(65536, 'x')});
  const auto call = Open(*connection, kind());
  ASSERT_TRUE(service.AwaitEnd());
  EXPECT_FALSE(service.Last().last_write.ok());
}

TEST_F(TransportCase, OneThatPassesAtOnceIsNoOtherError) {
  TOMADA_NEEDS(kDeadline);
  const auto connection = Connect();
  service.Do({.holds = true});
  for (int i = 0; i < 20; ++i) {
    const Outcome outcome = Ask(*connection, MethodKind::kUnary, {Probe()}, {.timeout = milliseconds(1)});
    ASSERT_THAT(outcome, EndsWith(absl::StatusCode::kDeadlineExceeded));
  }
}

}  // namespace
}  // namespace tomada::testing
