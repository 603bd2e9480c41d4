// Calls of both kinds over the wire to a real server.
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "client_fixture.h"
#include "support/fault_proxy.h"
#include "wire_fixture.h"

namespace tomada::testing {
namespace {

using namespace std::chrono_literals;
using grpc_client::Exchange;

class WireToServerTest : public WireFixture {
 protected:
  // In a process of its own kind: see GrpcClientTest.
  static void SetUpTestSuite() { grpc_init(); }

  void StartServer() {
    grpc_server::Config config;
    config.listen = *HostPort::Parse("127.0.0.1:0");
    server_ = std::make_unique<grpc_server::GrpcServer>(
        server_host_.MakeContext("grpc", config, {{"services", {{"x", &service_}}}}));
    ASSERT_TRUE(server_->Start().ok());
    address_ = server_->address();
  }

  TestHost server_host_;
  TestService service_;
  std::unique_ptr<grpc_server::GrpcServer> server_;
  std::string address_;
};

class EachKindToServerTest : public WireToServerTest, public ::testing::WithParamInterface<Exchange::Kind> {};
INSTANTIATE_TEST_SUITE_P(Calls, EachKindToServerTest,
                         ::testing::Values(Exchange::Kind::kUnary, Exchange::Kind::kStream),
                         [](const auto& kind) { return NameOf(kind.param); });

TEST_F(WireToServerTest, CarriesManyCallsAtOnce) {
  StartServer();
  Connect(address_);
  std::vector<std::thread> threads;
  std::atomic<int> right{0};
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      for (int k = 0; k < 200; ++k) {
        right += Ask(i % 2 ? "u1" : "x", k % 2 ? Kind::kUnary : Kind::kStream).code() ==
                 (i % 2 ? absl::StatusCode::kOk : absl::StatusCode::kNotFound);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, 1600);
}

TEST_P(EachKindToServerTest, TheDeadlineEndsACallHereAndThere) {
  StartServer();
  Connect(address_);
  EXPECT_TRUE(absl::IsDeadlineExceeded(Ask("espera", GetParam(), 200ms)));
  EXPECT_TRUE(Eventually([&] { return service_.waiting == 0; }));
  EXPECT_TRUE(Ask("u1", GetParam()).ok());
}

TEST_P(EachKindToServerTest, TheDeadlineEndsACallOfAServerThatIsSilent) {
  StartServer();
  FaultProxy proxy(static_cast<uint16_t>(HostPort::Parse(address_)->port));
  Connect(proxy.address());
  ASSERT_TRUE(Connected());
  proxy.BlackHole(Way::kToServer);
  EXPECT_TRUE(absl::IsDeadlineExceeded(Ask("u1", GetParam(), 200ms)));
}

TEST_P(EachKindToServerTest, AServerThatDoesNotAnswerPingsIsGivenUp) {
  StartServer();
  FaultProxy proxy(static_cast<uint16_t>(HostPort::Parse(address_)->port));
  Config config;
  config.keepalive_time = config.keepalive_timeout = absl::Milliseconds(200);
  Connect(proxy.address(), config);
  ASSERT_TRUE(Connected());
  proxy.BlackHole(Way::kToServer);
  EXPECT_EQ(Ask("u1", GetParam()),
            absl::UnavailableError("the connection to " + proxy.address() + " was lost: it does not answer a ping"));
}

TEST_P(EachKindToServerTest, AStopEndsACallAndTakesNoMore) {
  StartServer();
  Connect(address_);
  absl::Status waiting;
  std::thread call([&] { waiting = Ask("espera", GetParam()); });
  EXPECT_TRUE(Eventually([&] { return service_.waiting == 1; }));
  wire_->Stop();
  call.join();
  EXPECT_TRUE(absl::IsUnavailable(waiting)) << waiting;
  EXPECT_TRUE(absl::IsUnavailable(Ask("u1", GetParam())));
}

TEST_P(EachKindToServerTest, CancelEndsACall) {
  StartServer();
  Connect(address_);
  Exchange call = Make(GetParam());
  std::thread canceller([&] {
    EXPECT_TRUE(Eventually([&] { return service_.waiting == 1; }));
    call.Cancel();
  });
  if (GetParam() == Kind::kUnary) {
    Await(Awaited(call.Ask(Framed("espera"))));
    canceller.join();
  } else {
    call.Start(Framed("espera"), true);
    EXPECT_FALSE(Await(Awaited(call.Read())));
    canceller.join();
    Await(Awaited(call.Finish()));
  }
  EXPECT_TRUE(absl::IsCancelled(call.status()));
  EXPECT_TRUE(Eventually([&] { return service_.waiting == 0; }));
}

TEST_F(WireToServerTest, ACallThatWasCancelledBeforeItWasSentEndsToo) {
  StartServer();
  Connect(address_);
  Exchange call = Make(Kind::kUnary);
  Exchange::Awaiter answered = call.Ask(Framed("espera"));
  call.Cancel();
  EXPECT_TRUE(Ask("u1").ok());  // so that the cancelling has been looked at
  Await(Awaited(answered));
  EXPECT_TRUE(absl::IsCancelled(call.status()));
}

TEST_P(EachKindToServerTest, ALostConnectionEndsItsCallsAndIsMadeAgain) {
  StartServer();
  FaultProxy proxy(static_cast<uint16_t>(HostPort::Parse(address_)->port));
  Connect(proxy.address());
  std::thread cutter([&] {
    EXPECT_TRUE(Eventually([&] { return service_.waiting == 1; }));
    proxy.CutAll();
  });
  EXPECT_EQ(Ask("espera", GetParam()), absl::UnavailableError("the connection to " + proxy.address() + " was lost"));
  cutter.join();
  EXPECT_TRUE(Ask("u1", GetParam()).ok()) << "it waits for the connection";
}

}  // namespace
}  // namespace tomada::testing
