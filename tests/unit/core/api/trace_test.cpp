// Who makes a call and what it belongs to.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/sync.h"
#include "tomada/call.h"

namespace tomada::testing {
namespace {

constexpr std::string_view kParent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

class ClientsCall final : public TestCall {
 public:
  explicit ClientsCall(Metadata metadata) : sent_(std::move(metadata)) {}
  int peers_loaded = 0;

 private:
  void LoadMetadata(Metadata& metadata) override { metadata = sent_; }
  void LoadPeer(Peer& peer) override {
    ++peers_loaded;
    peer.address = "192.0.2.1";
  }
  const Metadata sent_;
};

Metadata Headers(std::initializer_list<Metadata::Entry> entries) {
  Metadata metadata;
  for (const auto& [name, value] : entries) metadata.Add(name, value);
  return metadata;
}

TEST(Trace, IsContinued) {
  const TraceContext trace = TraceContext::Continue(kParent, "congo=t61rcWkgMzE");
  EXPECT_TRUE(trace.sampled);
  EXPECT_FALSE(trace.random);
  EXPECT_EQ(trace.parent_id[1], 0xf0);
  EXPECT_EQ(trace.state, "congo=t61rcWkgMzE");
  const std::string sent = trace.ToTraceparent();
  EXPECT_EQ(sent.size(), kParent.size());
  EXPECT_EQ(sent.substr(0, 36), kParent.substr(0, 36));
  EXPECT_EQ(sent.substr(52), "-01");
  EXPECT_NE(sent, kParent) << "a span of its own";
  EXPECT_EQ(TraceContext::Continue(sent, "").parent_id, trace.span_id);
}

TEST(Trace, WhatIsNoTraceparentBeginsANewOne) {
  const std::string good(kParent);
  std::vector<std::string> wrong = {"",
                                    good.substr(0, 54),
                                    good + "0",
                                    good + "-",  // of version 00
                                    "ff" + good.substr(2),
                                    "0" + good,
                                    "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                                    "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
                                    "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
                                    "00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01",
                                    "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                                    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0x",
                                    "cc" + good.substr(2) + ".later"};
  for (const std::string& text : wrong) {
    const TraceContext trace = TraceContext::Continue(text, "a=b");
    EXPECT_NE(trace.ToTraceparent().substr(3, 32), good.substr(3, 32)) << text;
    EXPECT_FALSE(trace.sampled) << text;
    EXPECT_TRUE(trace.random) << text;
    EXPECT_EQ(trace.state, "") << text;
    EXPECT_EQ(trace.parent_id, (std::array<uint8_t, 8>{})) << text;
  }
  EXPECT_NE(TraceContext::Continue("", "").trace_id, TraceContext::Continue("", "").trace_id);
}

TEST(Trace, ALaterVersionIsReadAsFarAsItIsKnown) {
  for (const char* more : {"", "-", "-what comes"}) {
    const TraceContext trace = TraceContext::Continue("cc" + std::string(kParent.substr(2)) + more, "");
    EXPECT_EQ(trace.ToTraceparent().substr(0, 36), kParent.substr(0, 36));
    EXPECT_TRUE(trace.sampled);
  }
}

TEST(Trace, AStateThatCannotBePassedOnIsDroppedAlone) {
  for (const std::string& state : {std::string(513, 'a'), std::string("a=\xe9"), std::string("a=b\n")}) {
    const TraceContext trace = TraceContext::Continue(kParent, state);
    EXPECT_EQ(trace.state, "");
    EXPECT_TRUE(trace.sampled);
  }
}

TEST(Trace, OfACallIsThatOfItsClient) {
  ClientsCall call(Headers({{"traceparent", std::string(kParent)}, {"tracestate", "a=b"}}));
  EXPECT_TRUE(call.traced());
  EXPECT_TRUE(call.trace().sampled);
  EXPECT_EQ(call.trace().state, "a=b");
  EXPECT_EQ(call.trace().span_id, call.trace().span_id);
  TestCall alone;
  EXPECT_FALSE(alone.traced());
  EXPECT_NE(alone.trace().trace_id, (std::array<uint8_t, 16>{}));
  EXPECT_TRUE(alone.traced());
}

TEST(Caller, IsLoadedOnceAndOnlyWhenAskedFor) {
  ClientsCall call({});
  EXPECT_EQ(call.peers_loaded, 0);
  EXPECT_EQ(call.peer().address, "192.0.2.1");
  EXPECT_EQ(call.peer().identity, "");
  EXPECT_EQ(call.peers_loaded, 1);
  TestCall alone;
  EXPECT_EQ(alone.peer().address, "");
}

TEST(Caller, IsAPrincipalWhenAMiddlewareSaysSo) {
  ClientsCall call(Headers({{"tomada-principal", "root"}}));
  EXPECT_EQ(call.principal(), nullptr);
  Principal ana;
  ana.kind = "api_key";
  ana.name = "ana";
  ana.scopes = {"usuarios:ler"};
  call.set_principal(std::make_shared<Principal>(ana));
  ASSERT_NE(call.principal(), nullptr);
  EXPECT_EQ(call.principal()->name, "ana");
}

TEST(Caller, SendsNothingUnderReservedNames) {
  ClientsCall call(Headers({{"tomada-principal", "root"}, {"tomada", "1"}, {"tomada-", "2"}, {"x-a", "3"}}));
  EXPECT_EQ(call.metadata().Find("tomada-principal"), std::nullopt);
  EXPECT_EQ(call.metadata().Find("tomada-"), std::nullopt);
  EXPECT_EQ(call.metadata().entries().size(), 2u);
}

TEST(Priority, IsThatOfClientsUnlessSomebodySaysOtherwise) {
  TestCall call;
  EXPECT_EQ(call.priority(), Priority::kDefault);
  call.set_priority(Priority::kSheddable);
  EXPECT_EQ(call.priority(), Priority::kSheddable);
}

}  // namespace
}  // namespace tomada::testing
