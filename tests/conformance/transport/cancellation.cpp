// A client that goes ends its calls and nobody else's; one that breaks off never passes for one that has finished.
#include "conformance/transport/transport_case.h"

namespace tomada::testing {
namespace {

enum class How { kCancel, kCut };

void BreakOff(ClientConnection& connection, ClientCall& call, How how) {
  how == How::kCut ? connection.Cut() : call.Cancel();
}

TEST_P(EachKind, ByTheClientReachesTheHandler) {
  TOMADA_NEEDS(kCancel);
  const auto connection = Connect();
  service.Do({.reads = 1, .holds = true});
  const auto call = Open(*connection, kind(), Requests::kMore);
  call->Cancel();
  ASSERT_TRUE(service.AwaitEnd());
  EXPECT_EQ(service.Last().held.code(), absl::StatusCode::kCancelled);
}

TEST_P(EachKind, ACutReachesTheHandler) {
  const auto connection = Connect();
  service.Do({.reads = 1, .holds = true});
  const auto call = Open(*connection, kind());
  connection->Cut();
  ASSERT_TRUE(service.AwaitEnd());
  EXPECT_EQ(service.Last().held.code(), absl::StatusCode::kCancelled);
}

// Many times: what is lost in between is lost by a race.
TEST_P(EachThatTakesAStream, ACutOrACancelIsNotAnEndOfTheRequests) {
  TOMADA_NEEDS(kRequestsOneByOne);
  for (int i = 0; i < 40; ++i) {
    const How how = i % 2 == 0 || !Can(Ability::kCancel) ? How::kCut : How::kCancel;
    const auto connection = Connect();
    const auto call = Open(*connection, kind(), Requests::kMore);
    BreakOff(*connection, *call, how);
    ASSERT_TRUE(service.AwaitEnd());
    ASSERT_FALSE(service.Last().last_read->ok()) << "an end of " << i;
    ASSERT_EQ(service.Last().last_read->status().code(), absl::StatusCode::kCancelled);
  }
}

TEST_P(EachThatGivesAStream, ACutEndsAHandlerThatWrites) {
  for (const bool reads : {true, false}) {
    const auto connection = Connect();
    service.Do({.writes = -1, .padding = std::string(reads ? 100 : 65536, 'x')});
    const auto call = Open(*connection, kind());
    Probe answer;
    for (int i = 0; reads && i < 10; ++i) ASSERT_EQ(call->Read(answer, Patience()), ClientCall::Received::kMessage);
    connection->Cut();
    ASSERT_TRUE(service.AwaitEnd());
    EXPECT_FALSE(service.Last().last_write.ok());
  }
}

TEST_F(TransportCase, OfOneCallLeavesTheOthersOfItsConnection) {
  TOMADA_NEEDS(kCancel);
  TOMADA_NEEDS(kManyCalls);
  const auto connection = Connect();
  service.Do({.holds = true});
  const auto gone = Open(*connection, MethodKind::kUnary), kept = Open(*connection, MethodKind::kUnary);
  gone->Cancel();
  ASSERT_TRUE(ProbeService::Eventually([&] { return service.running() == 1; }));
  service.Release();
  EXPECT_THAT(Finish(*kept), EndsWith(absl::StatusCode::kOk));
}

TEST_F(TransportCase, ACutLeavesTheCallsOfOthers) {
  const auto gone = Connect(), kept = Connect();
  service.Do({.holds = true});
  const auto first = Open(*gone, MethodKind::kUnary), second = Open(*kept, MethodKind::kUnary);
  gone->Cut();
  ASSERT_TRUE(ProbeService::Eventually([&] { return service.running() == 1; }));
  service.Release();
  EXPECT_THAT(Finish(*second), EndsWith(absl::StatusCode::kOk));
}

TEST_P(EachThatTakesAStream, AHandlerMayEndBeforeItHasReadAll) {
  TOMADA_NEEDS(kRequestsOneByOne);
  const auto connection = Connect();
  service.Do({.reads = 1});
  const auto call = Open(*connection, kind(), Requests::kMore);
  EXPECT_THAT(Finish(*call), EndsWith(absl::StatusCode::kOk));
}

TEST_F(TransportCase, ClientsThatComeAndGoLeaveNothingBehind) {
  service.Do({.holds = true});
  for (int i = 0; i < 50; ++i) {
    const auto connection = Connect();
    const auto call = Open(*connection, MethodKind::kUnary);
    connection->Cut();
  }
  EXPECT_TRUE(service.AwaitEnd());
  EXPECT_EQ(service.begun(), 50);
}

}  // namespace
}  // namespace tomada::testing
