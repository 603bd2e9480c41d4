// A stop loses nothing that has begun until its grace is over, and then leaves nothing running and nobody in doubt.
#include <future>

#include "conformance/transport/transport_case.h"

namespace tomada::testing {
namespace {

using std::chrono::milliseconds;
using ::testing::Not;

TEST_P(EachKind, CallsThatAreOpenGoOnToTheirEnd) {
  auto connection = Connect();
  service.Do({.holds = true});
  auto call = Open(*connection, kind());
  auto stopped = std::async(std::launch::async, [this] { return Stop(Patience()); });
  EXPECT_EQ(stopped.wait_for(milliseconds(200)), std::future_status::timeout) << "with a call under way";
  EXPECT_EQ(service.running(), 1);
  service.Release();
  const Outcome outcome = Finish(*call);
  EXPECT_THAT(outcome, EndsWith(absl::StatusCode::kOk));
  EXPECT_EQ(outcome.texts(), "um\n");
  call.reset();
  connection.reset();  // or the transport may wait for what it would send next
  EXPECT_EQ(stopped.get(), absl::OkStatus());
}

TEST_P(EachKind, WhatOutlastsTheGraceIsCancelledAndToldUnavailable) {
  const auto connection = Connect();
  service.Do({.reads = 1, .holds = true});
  const auto call = Open(*connection, kind(), Requests::kMore);
  EXPECT_EQ(Stop(milliseconds(50)), absl::OkStatus());
  EXPECT_EQ(service.running(), 0) << "nothing runs after Stop";
  EXPECT_FALSE(service.Last().held.ok());
  EXPECT_THAT(Finish(*call), EndsWith(absl::StatusCode::kUnavailable));
}

TEST_P(EachThatGivesAStream, AnAnswerThatIsCutIsNotAnEnd) {
  const auto connection = Connect();
  service.Do({.writes = -1, .padding = "x"});
  const auto call = Open(*connection, kind());
  Probe answer;
  for (int i = 0; i < 10; ++i) ASSERT_EQ(call->Read(answer, Patience()), ClientCall::Received::kMessage);
  auto stopped = std::async(std::launch::async, [this] { return Stop(milliseconds(0)); });
  EXPECT_THAT(Finish(*call), Not(EndsWith(absl::StatusCode::kOk)));
  EXPECT_EQ(stopped.get(), absl::OkStatus());
}

TEST_P(EachThatGivesAStream, AClientThatDoesNotReadHoldsNoStopUp) {
  const auto connection = Connect();
  service.Do({.writes = -1, .padding = std::string(65536, 'x')});
  const auto call = Open(*connection, kind());
  ASSERT_TRUE(ProbeService::Eventually([&] { return service.Last().written > 0; }));
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(Stop(milliseconds(50)), absl::OkStatus());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, Patience());
  EXPECT_EQ(service.running(), 0);
}

TEST_F(TransportCase, StopWaitsForAHandlerThatDoesNotListen) {
  const auto connection = Connect();
  service.Do({.deaf = true});
  const auto call = Open(*connection, MethodKind::kUnary);
  auto stopped = std::async(std::launch::async, [this] { return Stop(milliseconds(50)); });
  EXPECT_EQ(stopped.wait_for(milliseconds(800)), std::future_status::timeout) << "with a handler running";
  service.Release();
  EXPECT_EQ(stopped.get(), absl::OkStatus());
  EXPECT_EQ(service.running(), 0);
}

TEST_F(TransportCase, NewCallsAreRefusedOnceItDrains) {
  const auto connection = Connect();
  if (!Drain()) GTEST_SKIP() << "the transport is not Drainable";
  EXPECT_TRUE(ProbeService::Eventually([this] {
    const auto late = TryConnect();
    return late == nullptr || Ask(*late, MethodKind::kUnary).end.code == absl::StatusCode::kUnavailable;
  }));
}

TEST_P(EachKind, DrainingLeavesOpenCallsAloneAndWaitsForNone) {
  const auto connection = Connect();
  service.Do({.holds = true});
  const auto call = Open(*connection, kind());
  const auto begin = std::chrono::steady_clock::now();
  if (!Drain()) GTEST_SKIP() << "the transport is not Drainable";
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  std::this_thread::sleep_for(milliseconds(100));
  EXPECT_EQ(service.running(), 1);
  service.Release();
  EXPECT_THAT(Finish(*call), EndsWith(absl::StatusCode::kOk));
}

TEST_F(TransportCase, NobodyIsServedAfterStopAndThePortIsFree) {
  const auto connection = Connect();
  EXPECT_THAT(Ask(*connection, MethodKind::kUnary), EndsWith(absl::StatusCode::kOk));
  EXPECT_EQ(Stop(milliseconds(200)), absl::OkStatus());
  EXPECT_EQ(Stop(milliseconds(200)), absl::OkStatus()) << "twice";
  const auto late = TryConnect();
  if (late != nullptr) {
    EXPECT_THAT(Ask(*late, MethodKind::kUnary), Not(EndsWith(absl::StatusCode::kOk)));
  }
  EXPECT_EQ(service.begun(), 1);
  Start();
  EXPECT_THAT(Ask(*Connect(), MethodKind::kUnary), EndsWith(absl::StatusCode::kOk));
}

}  // namespace
}  // namespace tomada::testing
