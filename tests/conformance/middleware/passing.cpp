// What a middleware lets through is what it was: messages, what travels beside them, errors.
#include "conformance/middleware/middleware_case.h"
#include "tomada/status.h"

namespace tomada::testing {
namespace {

std::vector<std::string> Serialized(const std::vector<Probe>& probes) {
  std::vector<std::string> all;
  for (const Probe& probe : probes) all.push_back(probe.SerializeAsString());
  return all;
}

TEST_P(MiddlewareCase, ItOffersTheMethodsAsTheyAre) {
  EXPECT_EQ(method().descriptor->full_name(), MethodOf(kind()).full_name());
  EXPECT_EQ(method().request_prototype->GetDescriptor()->full_name(), Probe::descriptor()->full_name());
  EXPECT_EQ(method().response_prototype->GetDescriptor()->full_name(), Probe::descriptor()->full_name());
  EXPECT_EQ(method().handler.index(),
            service.services().front().methods.at(static_cast<size_t>(kind())).handler.index());
}

TEST_P(MiddlewareCase, MessagesPassUnchangedAndInOrder) {
  std::vector<Probe> sent;
  for (int i = 0; i < (TakesStream(kind()) ? 50 : 1); ++i) sent.push_back(MakeProbe(i, "São Paulo"));
  sent[0].set_bytes(std::string("\0\xff", 2));
  sent[0].GetReflection()->MutableUnknownFields(&sent[0])->AddVarint(1000, 7);
  const bool echoes = kind() == MethodKind::kBidi;
  service.Do({.echoes = echoes, .writes = echoes ? 0 : 1});
  Exchange exchange(sent);
  EXPECT_EQ(Run(exchange), absl::OkStatus());
  EXPECT_EQ(Serialized(service.Last().received), Serialized(sent));
  EXPECT_EQ(Serialized(exchange.answers), Serialized(echoes ? sent : std::vector<Probe>{sent.back()}));
}

TEST_P(MiddlewareCase, StreamsPassOneMessageAtATime) {
  if (kind() != MethodKind::kBidi) GTEST_SKIP() << "for streams both ways";
  service.Do({.echoes = true, .writes = 0});
  Exchange exchange({MakeProbe(1), MakeProbe(2), MakeProbe(3)});
  EXPECT_EQ(Run(exchange), absl::OkStatus());
  EXPECT_THAT(exchange.answers_at_read, ::testing::ElementsAre(0u, 1u, 2u, 3u));
}

TEST_P(MiddlewareCase, AServiceMayEndBeforeItHasReadAll) {
  service.Do({.reads = 1});
  Exchange exchange({MakeProbe(1), MakeProbe(2), MakeProbe(3)});
  EXPECT_EQ(Run(exchange), absl::OkStatus());
  EXPECT_EQ(service.Last().received.size(), 1u);
}

TEST_P(MiddlewareCase, MetadataDeadlineAndPeerPass) {
  Metadata answer;
  answer.Add("probe-answer", "sim");
  service.Do({.response_metadata = answer});
  Exchange exchange({Probe()});
  exchange.call.sent.Add("probe-text", "um");
  exchange.call.sent.Add("x-request-id", "pedido-1");
  exchange.call.from.address = "192.0.2.1";
  EXPECT_EQ(Run(exchange), absl::OkStatus());
  const Seen seen = service.Last();
  EXPECT_EQ(seen.metadata.Find("probe-text"), "um");
  EXPECT_EQ(seen.peer, "192.0.2.1");
  EXPECT_EQ(seen.id, "pedido-1");
  EXPECT_LE(seen.deadline, exchange.call.deadline());
  EXPECT_EQ(exchange.call.response_metadata().Find("probe-answer"), "sim");
}

TEST_P(MiddlewareCase, ErrorsKeepCodeTextAndDetails) {
  for (int code = 1; code <= 16; ++code) {
    absl::Status end(static_cast<absl::StatusCode>(code), "não");
    end.SetPayload("type.googleapis.com/google.rpc.ErrorInfo", absl::Cord("\x0a\x01x"));
    service.Do({.writes = 0, .end = end});
    Exchange exchange({Probe()});
    EXPECT_EQ(Run(exchange), end);
  }
}

TEST_P(MiddlewareCase, AServiceThatThrowsIsInternal) {
  service.Do({.throws = true});
  Exchange exchange({Probe()});
  const absl::Status status = Run(exchange, Through::kBarrier);
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_EQ(status.message().find("segredo"), std::string::npos);
}

}  // namespace
}  // namespace tomada::testing
