// What travels beside messages, both ways, and what never does.
#include "conformance/transport/transport_case.h"

namespace tomada::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Metadata AnswerWith(std::string name, std::string value) {
  Metadata metadata;
  metadata.Add(std::move(name), std::move(value));
  return metadata;
}

TEST_P(EachKind, TheClientsReachesTheHandlerInItsOrder) {
  TOMADA_NEEDS(kMetadata);
  const auto connection = Connect();
  Ask(*connection, kind(), {Probe()}, {.metadata = {{"probe-text", "um valor, e outro"}, {"probe-text", "segundo"}}});
  EXPECT_THAT(Values(service.Last().metadata.entries(), "probe-text"), ElementsAre("um valor, e outro", "segundo"));
}

TEST_P(EachKind, ReservedNamesAreTakenFromNoClient) {
  TOMADA_NEEDS(kMetadata);
  const auto connection = Connect();
  Ask(*connection, kind(), {Probe()}, {.metadata = {{"tomada-probe", "administrador"}, {"probe-text", "sim"}}});
  EXPECT_THAT(Values(service.Last().metadata.entries(), "probe-text"), ElementsAre("sim"));
  EXPECT_THAT(Values(service.Last().metadata.entries(), "tomada-probe"), IsEmpty());
}

TEST_P(EachKind, TheHandlersReachesTheClient) {
  TOMADA_NEEDS(kMetadata);
  const auto connection = Connect();
  service.Do({.response_metadata = AnswerWith("probe-answer", "sim, senhor")});
  EXPECT_THAT(Values(Ask(*connection, kind()).metadata, "probe-answer"), ElementsAre("sim, senhor"));
}

TEST_P(EachKind, TheHandlersComesWithAnErrorToo) {
  TOMADA_NEEDS(kMetadata);
  const auto connection = Connect();
  service.Do({.writes = 0, .response_metadata = AnswerWith("probe-answer", "7"), .end = absl::AbortedError("")});
  EXPECT_THAT(Values(Ask(*connection, kind()).metadata, "probe-answer"), ElementsAre("7"));
}

std::string AllBytes() {
  std::string bytes;
  for (int byte = 255; byte >= 0; --byte) bytes += static_cast<char>(byte);
  return bytes;
}

TEST_F(TransportCase, BinaryValuesOfTheClientHoldAnyBytes) {
  TOMADA_NEEDS(kBinaryMetadata);
  const auto connection = Connect();
  Ask(*connection, MethodKind::kUnary, {Probe()}, {.metadata = {{"probe-bin", AllBytes()}}});
  EXPECT_THAT(Values(service.Last().metadata.entries(), "probe-bin"), ElementsAre(AllBytes()));
}

TEST_F(TransportCase, BinaryValuesOfTheHandlerHoldAnyBytes) {
  TOMADA_NEEDS(kBinaryResponseMetadata);
  const auto connection = Connect();
  service.Do({.response_metadata = AnswerWith("probe-bin", AllBytes())});
  EXPECT_THAT(Values(Ask(*connection, MethodKind::kUnary).metadata, "probe-bin"), ElementsAre(AllBytes()));
}

// It may come back, it may be left out, but it must not become another name's value, nor the end of anything.
TEST_F(TransportCase, WhatTheWireCannotHoldOfTheHandlersForgesNothing) {
  TOMADA_NEEDS(kMetadata);
  const auto connection = Connect();
  Metadata metadata = AnswerWith("probe-answer", "um\r\nprobe-forged: sim\nprobe-forged sim");
  metadata.Add("two words", "x");
  metadata.Add("probe-good", "sim");
  service.Do({.response_metadata = metadata});
  const Outcome outcome = Ask(*connection, MethodKind::kUnary);
  EXPECT_THAT(outcome, EndsWith(absl::StatusCode::kOk));
  EXPECT_THAT(Values(outcome.metadata, "probe-forged"), IsEmpty());
  EXPECT_THAT(Values(outcome.metadata, "probe-good"), ElementsAre("sim"));
  EXPECT_THAT(Ask(*connection, MethodKind::kUnary), EndsWith(absl::StatusCode::kOk));
}

TEST_F(TransportCase, TheClientsRequestIdNamesTheCall) {
  TOMADA_NEEDS(kMetadata);
  const auto connection = Connect();
  Ask(*connection, MethodKind::kUnary, {Probe()}, {.metadata = {{"x-request-id", "pedido-1"}}});
  EXPECT_EQ(service.Last().id, "pedido-1");
}

TEST_F(TransportCase, TheClientsTraceGoesOn) {
  TOMADA_NEEDS(kMetadata);
  const auto connection = Connect();
  const std::string id = "4bf92f3577b34da6a3ce929d0e0e4736";
  Ask(*connection, MethodKind::kUnary, {Probe()}, {.metadata = {{"traceparent", "00-" + id + "-00f067aa0ba902b7-01"}}});
  EXPECT_EQ(service.Last().trace_id, id);
}

TEST_F(TransportCase, ThePeerIsTheClientWhateverItSays) {
  const auto connection = Connect();
  CallOptions options;
  if (Can(Ability::kMetadata)) options.metadata.emplace_back("x-forwarded-for", "203.0.113.9");
  Ask(*connection, MethodKind::kUnary, {Probe()}, options);
  EXPECT_EQ(service.Last().peer, "127.0.0.1");
}

}  // namespace
}  // namespace tomada::testing
