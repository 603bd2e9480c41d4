// Nobody is made to keep what the other end does not take.
#include "conformance/transport/transport_case.h"

namespace tomada::testing {
namespace {

// Of 64 KiB each: what the kernel and a protocol's windows may hold is far below it.
constexpr int kMost = 512;
const std::string kPadding(65536, 'x');

// How many have been written once it stays at that, or is too much.
int WrittenAtRest(const ProbeService& service) {
  int before = -1;
  EXPECT_TRUE(ProbeService::Eventually([&] {
    const int now = service.Last().written;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    return now > 0 && (std::exchange(before, now) == now || now >= kMost);
  })) << "still writing";
  return before;
}

TEST_P(EachThatGivesAStream, AClientThatDoesNotReadBoundsWhatIsSent) {
  const auto connection = Connect();
  service.Do({.writes = -1, .padding = kPadding});
  const auto call = Open(*connection, kind());
  EXPECT_LT(WrittenAtRest(service), kMost);
}

TEST_P(EachThatGivesAStream, WhatWasHeldBackComesWhenTheClientReads) {
  const auto connection = Connect();
  service.Do({.writes = 300, .padding = kPadding});
  const auto call = Open(*connection, kind());
  WrittenAtRest(service);
  const Outcome outcome = Finish(*call);
  EXPECT_THAT(outcome, EndsWith(absl::StatusCode::kOk));
  ASSERT_EQ(outcome.messages.size(), 300u);
  for (int i = 0; i < 300; ++i) ASSERT_EQ(outcome.messages[i].number(), i);
}

TEST_P(EachThatTakesAStream, AHandlerThatDoesNotReadHoldsItsClientBack) {
  TOMADA_NEEDS(kRequestsOneByOne);
  const auto connection = Connect();
  service.Do({.reads = 1, .holds = true});
  const auto call = Open(*connection, kind(), Requests::kMore);
  int sent = 0;
  while (sent < kMost && call->Send(MakeProbe(sent, kPadding), kMoment) == ClientCall::Sent::kTaken) ++sent;
  EXPECT_LT(sent, kMost);
  service.Release();
  EXPECT_THAT(Finish(*call), EndsWith(absl::StatusCode::kOk)) << "and the client is told of its end";
}

TEST_P(EachThatGivesAStream, ASlowReaderHoldsUpNobodyElse) {
  const auto slow = Connect(), quick = Connect();
  service.Do({.writes = -1, .padding = kPadding});
  const auto call = Open(*slow, kind());
  WrittenAtRest(service);
  service.Do({});
  for (int i = 0; i < 10; ++i) EXPECT_THAT(Ask(*quick, kind()), EndsWith(absl::StatusCode::kOk));
}

}  // namespace
}  // namespace tomada::testing
