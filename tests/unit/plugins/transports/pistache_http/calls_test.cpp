// Calls that outlive their client's patience: deadlines, disconnects, late answers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/metric_numbers.h"
#include "test_client.h"
#include "test_service.h"

namespace tomada::pistache_http {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

TEST(DeadlineTest, IsAnsweredWhenItPassesThoughTheHandlerGoesOn) {
  TestServer server([](Config& config) { config.request_timeout = absl::Milliseconds(50); });
  TestClient client(server.address());
  auto begin = std::chrono::steady_clock::now();
  auto response = client.Ask("GET", "/usuarios/espera1");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 504);
  EXPECT_THAT(response->body, HasSubstr("\"code\":4"));
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 49ms);
  EXPECT_EQ(client.Ask("GET", "/usuarios/u2")->status, 200) << "the connection goes on";
  server.service.gate.Release();
  EXPECT_TRUE(TestService::WaitUntil([&] { return server.service.cancelled == 1; }));
  EXPECT_THAT(client.Ask("GET", "/usuarios/u3")->body, HasSubstr("u3")) << "the late answer was dropped";
}

std::string Email(const std::optional<TestResponse>& response) {
  const std::string key = "\"email\":\"";
  const size_t begin = response->body.find(key) + key.size();
  return response->body.substr(begin, response->body.find('"', begin) - begin);
}

TEST(CallTest, KeepsToItsExecutor) {
  TestServer server;
  TestClient client(server.address());
  for (int i = 0; i < 20; ++i) EXPECT_EQ(Email(client.Ask("GET", "/usuarios/fio1")), "mesmo");
}

TEST(CallTest, SeesWhereItsClientIs) {
  TestServer server;
  TestClient client(server.address());
  EXPECT_EQ(Email(client.Ask("GET", "/usuarios/origem1", "", "X-Forwarded-For: 198.51.100.1\r\n")), "127.0.0.1")
      << "a client's own word";
  TestServer behind([](Config& config) { config.trusted_proxies = {"127.0.0.0/8"}; });
  TestClient proxy(behind.address());
  EXPECT_EQ(Email(proxy.Ask("GET", "/usuarios/origem1", "", "X-Forwarded-For: 192.0.2.66, 198.51.100.1\r\n")),
            "198.51.100.1");
}

TEST(CallTest, NamesOfMiddlewareDoNotComeFromOutside) {
  TestServer server([](Config& config) { config.forward_headers = {"tomada-principal"}; });
  TestClient client(server.address());
  EXPECT_EQ(Email(client.Ask("GET", "/usuarios/reservado1", "", "Tomada-Principal: root\r\n")), "ninguem");
}

TEST(CountsTest, AreByMethodAndCodeAndNameNothingThatAClientSent) {
  TestServer server;
  TestClient client(server.address());
  EXPECT_EQ(client.Ask("GET", "/usuarios/u1")->status, 200);
  EXPECT_EQ(client.Ask("GET", "/usuarios/u2")->status, 200);
  EXPECT_EQ(client.Ask("GET", "/usuarios/u1?nada=1")->status, 400);
  EXPECT_EQ(client.Ask("GET", "/nada/x")->status, 404);
  EXPECT_EQ(client.Ask("GET", "/nada/y")->status, 404);
  EXPECT_EQ(client.Ask("PUT", "/usuarios/u1")->status, 405);
  const std::string method = "transport=http,service=usuarios.Usuarios,method=ObterUsuario";
  const std::string unknown = "transport=http,service=unknown,method=unknown";
  std::map<std::string, double> numbers = tomada::testing::Numbers(*server.metrics);
  EXPECT_EQ(numbers["tomada_requests_total{" + method + ",code=OK}"], 2);
  EXPECT_EQ(numbers["tomada_requests_total{" + method + ",code=INVALID_ARGUMENT}"], 1);
  EXPECT_EQ(numbers["tomada_request_duration_seconds{" + method + "}"], 2);
  EXPECT_EQ(numbers["tomada_requests_in_flight{" + method + "}"], 0);
  EXPECT_EQ(numbers["tomada_requests_total{" + unknown + ",code=NOT_FOUND}"], 2);
  EXPECT_EQ(numbers["tomada_requests_total{" + unknown + ",code=UNIMPLEMENTED}"], 1);
  for (const auto& [name, value] : numbers) EXPECT_THAT(name, ::testing::Not(HasSubstr("nada")));
}

TEST(CountsTest, ACallIsInFlightUntilItsMethodEnds) {
  TestServer server;
  TestClient client(server.address());
  client.Send(GetUser("espera1"));
  server.service.gate.WaitFor(1);
  const std::string gauge = "tomada_requests_in_flight{transport=http,service=usuarios.Usuarios,method=ObterUsuario}";
  EXPECT_EQ(tomada::testing::Numbers(*server.metrics)[gauge], 1);
  server.service.gate.Release();
  EXPECT_EQ(client.Receive()->status, 200);
  EXPECT_TRUE(TestService::WaitUntil([&] { return tomada::testing::Numbers(*server.metrics)[gauge] == 0; }));
}

TEST(DeadlineTest, CancelsTheCall) {
  TestServer server([](Config& config) { config.request_timeout = absl::Milliseconds(30); });
  TestClient client(server.address());
  EXPECT_EQ(client.Ask("GET", "/usuarios/cancelavel")->status, 504);
  EXPECT_TRUE(TestService::WaitUntil([&] { return server.service.cancelled == 1; }));
}

TEST(DeadlineTest, KeepsItsPlaceInThePipeline) {
  TestServer server([](Config& config) { config.request_timeout = absl::Milliseconds(50); });
  TestClient client(server.address());
  client.Send(GetUser("espera1") + GetUser("u2"));
  EXPECT_EQ(client.Receive()->status, 504);
  EXPECT_THAT(client.Receive()->body, HasSubstr("u2"));
  server.service.gate.Release();
}

class DisconnectTest : public ::testing::TestWithParam<bool> {};

TEST_P(DisconnectTest, CancelsTheCallsAndFreesNothing) {
  TestServer server;
  TestClient client(server.address());
  client.Send(GetUser("cancelavel1") + GetUser("espera2") + GetUser("u3"));
  server.service.gate.WaitFor(1);
  client.Close(GetParam());
  EXPECT_TRUE(TestService::WaitUntil([&] { return server.service.cancelled == 1; }));
  server.service.gate.Release();
  EXPECT_TRUE(TestService::WaitUntil([&] { return server.service.cancelled == 2; }));
  TestClient next(server.address());
  EXPECT_EQ(next.Ask("GET", "/usuarios/u1")->status, 200);
}

TEST_P(DisconnectTest, IsSeenBehindConnectionClose) {
  TestServer server;
  TestClient client(server.address());
  client.Request("GET", "/usuarios/cancelavel1", "", "Connection: close\r\n");
  EXPECT_TRUE(TestService::WaitUntil([&] { return server.service.calls == 1; }));
  client.Close(GetParam());
  EXPECT_TRUE(TestService::WaitUntil([&] { return server.service.cancelled == 1; }));
}

INSTANTIATE_TEST_SUITE_P(, DisconnectTest, ::testing::Bool(),
                         [](const auto& test) { return test.param ? "ByReset" : "ByClose"; });

TEST(LateAnswerTest, NeverReachesAnotherClientOnTheSameDescriptor) {
  TestServer server;
  TestClient witness(server.address());
  ASSERT_EQ(witness.Ask("GET", "/usuarios/u0")->status, 200);
  for (int round = 0; round < 20; ++round) {
    TestClient gone(server.address());
    gone.Send(GetUser("espera-secret"));
    server.service.gate.WaitFor(1);
    gone.Close(true);
    // The server has closed its side of it once the call is cancelled; then the lowest number is free again and the
    // next connection gets it.
    TestClient next(server.address());
    ASSERT_EQ(next.Ask("GET", "/usuarios/u1")->status, 200);
    next.Send(GetUser("espera-mine"));
    server.service.gate.WaitFor(2);
    server.service.gate.Release();
    auto response = next.Receive();
    ASSERT_TRUE(response);
    ASSERT_THAT(response->body, HasSubstr("espera-mine"));
    ASSERT_THAT(next.Ask("GET", "/usuarios/u2")->body, HasSubstr("u2"));
  }
}

TEST(StopTest, WaitsForHandlersAndCancelsThemAtTheGrace) {
  TestServer server;
  TestClient client(server.address());
  client.Send(GetUser("cancelavel1"));
  EXPECT_TRUE(TestService::WaitUntil([&] { return server.service.calls == 1; }));
  auto begin = std::chrono::steady_clock::now();
  EXPECT_TRUE(server.server->Stop(begin + 200ms).ok());
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 199ms);
  EXPECT_EQ(server.service.cancelled, 1);
  EXPECT_TRUE(server.server->Stop(begin).ok()) << "twice";
}

TEST(StopTest, WithoutStart) {
  TestService service;
  Server server(Config(), Server::Providers{{"usuarios", &service}}, QuietLogger());
  server.Drain();
  EXPECT_TRUE(server.Stop(std::chrono::steady_clock::now()).ok());
}

TEST(StopTest, AtOnceWithIdleConnections) {
  TestServer server;
  TestClient client(server.address());
  EXPECT_EQ(client.Ask("GET", "/usuarios/u1")->status, 200);
  auto begin = std::chrono::steady_clock::now();
  EXPECT_TRUE(server.server->Stop(begin).ok());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
}

}  // namespace
}  // namespace tomada::pistache_http
