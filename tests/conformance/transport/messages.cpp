// Messages arrive as they were sent, each once and in order, whatever is in them.
#include <atomic>
#include <thread>

#include "conformance/transport/transport_case.h"

namespace tomada::testing {
namespace {

Probe FullProbe() {
  Probe probe;
  probe.set_number(-9'007'199'254'740'993);  // no double holds it
  probe.set_text("São Paulo \"<&>\\\n\t\u20ac \U0001F600");
  for (int byte = 0; byte < 256; ++byte) probe.mutable_bytes()->push_back(static_cast<char>(byte));
  Probe outer = probe;
  *outer.mutable_nested()->mutable_nested() = probe;
  return outer;
}

std::string Bytes(const Probe& probe) { return probe.SerializeAsString(); }

TEST_P(EachKind, AMessageArrivesAsItWasSent) {
  const auto connection = Connect();
  const Probe sent = FullProbe();
  service.Do({.echoes = true, .writes = kind() == MethodKind::kBidi ? 0 : 1});
  const Outcome outcome = Ask(*connection, kind(), {sent});
  EXPECT_THAT(outcome, EndsWith(absl::StatusCode::kOk));
  ASSERT_EQ(service.Last().received.size(), 1u);
  EXPECT_EQ(Bytes(service.Last().received[0]), Bytes(sent));
  ASSERT_EQ(outcome.messages.size(), 1u);
  Probe answer = outcome.messages[0];
  if (kind() == MethodKind::kServerStream) answer.set_number(sent.number());  // which the handler has changed
  EXPECT_EQ(Bytes(answer), Bytes(sent));
}

TEST_P(EachKind, AnEmptyMessageIsAMessage) {
  const auto connection = Connect();
  const Outcome outcome = Ask(*connection, kind(), {Probe()});
  EXPECT_THAT(outcome, EndsWith(absl::StatusCode::kOk));
  ASSERT_EQ(service.Last().received.size(), 1u);
  EXPECT_EQ(Bytes(service.Last().received[0]), "");
  ASSERT_EQ(outcome.messages.size(), 1u);
  EXPECT_EQ(Bytes(outcome.messages[0]), "");
}

TEST_P(EachKind, UnknownFieldsArePassedOn) {
  TOMADA_NEEDS(kUnknownFields);
  const auto connection = Connect();
  Probe sent = MakeProbe(0, "mais novo");
  sent.GetReflection()->MutableUnknownFields(&sent)->AddVarint(1000, 7);
  const Outcome outcome = Ask(*connection, kind(), {sent});
  ASSERT_EQ(outcome.messages.size(), 1u);
  EXPECT_EQ(Bytes(outcome.messages[0]), Bytes(sent));
}

TEST_P(EachKind, WhatIsNoMessageIsInvalid) {
  TOMADA_NEEDS(kGarbage);
  const auto connection = Connect();
  const auto call = connection->Call(MethodOf(kind()), {});
  call->SendGarbage();
  call->HalfClose();
  EXPECT_THAT(Finish(*call), EndsWith(absl::StatusCode::kInvalidArgument));
  ASSERT_TRUE(service.AwaitEnd());
  EXPECT_TRUE(service.Last().received.empty());
  if (!TakesStream(kind())) {
    EXPECT_EQ(service.begun(), 0);
  } else if (const auto read = service.Last().last_read) {
    EXPECT_EQ(read->status().code(), absl::StatusCode::kInvalidArgument);
  }
}

TEST_P(EachThatTakesAStream, NoMessageIsAStreamToo) {
  const auto connection = Connect();
  EXPECT_THAT(Ask(*connection, kind(), {}), EndsWith(absl::StatusCode::kOk));
  EXPECT_TRUE(service.Last().received.empty());
  ASSERT_TRUE(service.Last().last_read.has_value());
  EXPECT_FALSE(service.Last().last_read->value());
}

TEST_P(EachThatTakesAStream, ManyRequestsKeepTheirOrder) {
  const auto connection = Connect();
  std::vector<Probe> requests;
  for (int i = 0; i < 500; ++i) requests.push_back(MakeProbe(i));
  EXPECT_THAT(Ask(*connection, kind(), requests), EndsWith(absl::StatusCode::kOk));
  const std::vector<Probe> received = service.Last().received;
  ASSERT_EQ(received.size(), 500u);
  for (int i = 0; i < 500; ++i) ASSERT_EQ(received[i].number(), i);
}

TEST_P(EachThatGivesAStream, ManyAnswersKeepTheirOrder) {
  const auto connection = Connect();
  service.Do({.writes = 500});
  const Outcome outcome = Ask(*connection, kind());
  EXPECT_THAT(outcome, EndsWith(absl::StatusCode::kOk));
  ASSERT_EQ(outcome.messages.size(), 500u);
  for (int i = 0; i < 500; ++i) ASSERT_EQ(outcome.messages[i].number(), i);
}

TEST_P(EachThatGivesAStream, NoAnswerIsAStreamToo) {
  const auto connection = Connect();
  service.Do({.writes = 0});
  const Outcome outcome = Ask(*connection, kind());
  EXPECT_THAT(outcome, EndsWith(absl::StatusCode::kOk));
  EXPECT_TRUE(outcome.messages.empty());
}

TEST_F(TransportCase, AnswersComeWhileRequestsGo) {
  TOMADA_NEEDS(kRequestsOneByOne);
  const auto connection = Connect();
  service.Do({.echoes = true, .writes = 0});
  const auto call = connection->Call(MethodOf(MethodKind::kBidi), {});
  for (int i = 0; i < 20; ++i) {
    Probe answer;
    ASSERT_EQ(call->Send(MakeProbe(i), Patience()), ClientCall::Sent::kTaken);
    ASSERT_EQ(call->Read(answer, Patience()), ClientCall::Received::kMessage);
    EXPECT_EQ(answer.number(), i);
  }
  call->HalfClose();
  EXPECT_THAT(Finish(*call), EndsWith(absl::StatusCode::kOk));
}

TEST_F(TransportCase, CallsFollowOneAnotherOnAConnection) {
  const auto connection = Connect();
  for (int i = 0; i < 50; ++i) {
    const Outcome outcome = Ask(*connection, MethodKind::kUnary, {MakeProbe(i)});
    ASSERT_THAT(outcome, EndsWith(absl::StatusCode::kOk));
    ASSERT_EQ(outcome.messages.at(0).number(), i);
  }
}

TEST_F(TransportCase, CallsOfManyConnectionsAreNotMixedUp) {
  Start();
  service.Do({.waits = true});
  std::atomic<int> right{0};
  std::vector<std::jthread> clients;
  for (int client = 0; client < 8; ++client) {
    clients.emplace_back([&, client] {
      const auto connection = Connect();
      for (int i = 0; i < 20; ++i) {
        const Outcome outcome = Ask(*connection, MethodKind::kUnary, {MakeProbe(client * 100 + i)});
        right += outcome.messages.size() == 1 && outcome.messages[0].number() == client * 100 + i;
      }
    });
  }
  clients.clear();
  EXPECT_EQ(right, 8 * 20);
}

TEST_F(TransportCase, CallsOfOneConnectionAreNotMixedUp) {
  TOMADA_NEEDS(kManyCalls);
  const auto connection = Connect();
  service.Do({.holds = true});
  std::vector<std::unique_ptr<ClientCall>> calls;
  for (int i = 0; i < 10; ++i) {
    calls.push_back(connection->Call(MethodOf(MethodKind::kUnary), {}));
    calls.back()->Send(MakeProbe(i), Patience());
    calls.back()->HalfClose();
  }
  EXPECT_TRUE(service.AwaitBegun(10));
  service.Release();
  for (int i = 9; i >= 0; --i) EXPECT_EQ(Finish(*calls[i]).messages.at(0).number(), i);
}

}  // namespace
}  // namespace tomada::testing
