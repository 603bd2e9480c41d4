// Draining loses nothing: whoever has sent a request before the server said that it closes gets the answer.
#include <atomic>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test_client.h"
#include "test_service.h"

namespace tomada::pistache_http {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

// Long enough for a thread of a client that is not idle, however busy the machine is.
void LingerLong(Config& config) { config.drain_linger = absl::Seconds(60); }

TEST(DrainTest, TheNextAnswerSaysClose) {
  TestServer server(LingerLong);
  TestClient client(server.address());
  EXPECT_EQ(client.Ask("GET", "/usuarios/u1")->headers.count("connection"), 0u);
  server.server->Drain();
  server.server->Drain();
  auto response = client.Ask("GET", "/usuarios/u1");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->headers["connection"], "close");
  EXPECT_TRUE(client.AtEnd());
}

TEST(DrainTest, ACallUnderWayIsFinished) {
  TestServer server;
  TestClient client(server.address());
  client.Request("GET", "/usuarios/espera1");
  server.service.gate.WaitFor(1);
  server.server->Drain();
  std::thread stop([&] { EXPECT_TRUE(server.server->Stop(Clock::now() + 20s).ok()); });
  EXPECT_TRUE(client.Quiet(50ms));
  server.service.gate.Release();
  auto response = client.Receive();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->headers["connection"], "close");
  client.Close();
  stop.join();
}

TEST(DrainTest, OnlyTheLastOfPipelinedAnswersSaysClose) {
  TestServer server(LingerLong);
  TestClient client(server.address());
  TestClient other(server.address());
  client.Request("GET", "/usuarios/espera1");
  server.service.gate.WaitFor(1);
  server.server->Drain();
  const auto draining = [&] { return other.Ask("GET", "/usuarios/u0")->headers["connection"] == "close"; };
  ASSERT_TRUE(TestService::WaitUntil(draining));
  const int calls = server.service.calls;
  std::string more;
  for (int i = 2; i <= 5; ++i) more += "GET /usuarios/u" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\n\r\n";
  client.Send(more);
  EXPECT_TRUE(TestService::WaitUntil([&] { return server.service.calls == calls + 4; }));
  server.service.gate.Release();
  for (int i = 1; i <= 5; ++i) {
    auto response = client.Receive();
    ASSERT_TRUE(response) << i;
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(response->headers.count("connection"), i == 5 ? 1u : 0u) << i;
  }
  EXPECT_TRUE(client.AtEnd());
}

TEST(DrainTest, AnIdleConnectionIsClosedAfterTheLinger) {
  TestServer server([](Config& config) { config.drain_linger = absl::Milliseconds(200); });
  TestClient client(server.address());
  EXPECT_EQ(client.Ask("GET", "/usuarios/u1")->status, 200);
  auto begin = Clock::now();
  server.server->Drain();
  EXPECT_TRUE(client.AtEnd());
  EXPECT_GE(Clock::now() - begin, 190ms);
}

TEST(DrainTest, NewConnectionsAreRefused) {
  TestServer server;
  server.server->Drain();
  EXPECT_TRUE(TestService::WaitUntil([&] {
    // The kernel drops their SYN at first; a retry comes a second later.
    return !TestClient(server.address()).connected();
  }));
}

TEST(DrainTest, ACallThatOutlastsTheGraceIsAnsweredUnavailable) {
  TestServer server;
  TestClient client(server.address());
  client.Request("GET", "/usuarios/cancelavel1");
  EXPECT_TRUE(TestService::WaitUntil([&] { return server.service.calls == 1; }));
  EXPECT_TRUE(server.server->Stop(Clock::now()).ok());
  auto response = client.Receive();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 503);
  EXPECT_EQ(response->headers["connection"], "close");
  EXPECT_EQ(response->body, "{\"code\":14,\"message\":\"the server is shutting down\"}");
  EXPECT_TRUE(client.AtEnd());
  EXPECT_EQ(server.service.cancelled, 1);
}

TEST(DrainTest, EveryPipelinedRequestIsAnsweredAtTheGrace) {
  TestServer server;
  TestClient client(server.address());
  client.Send(
      "GET /usuarios/cancelavel1 HTTP/1.1\r\nHost: a\r\n\r\nGET /usuarios/cancelavel2 HTTP/1.1\r\nHost: a\r\n\r\n"
      "POST /usuarios HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{");
  EXPECT_TRUE(TestService::WaitUntil([&] { return server.service.calls == 2; }));
  EXPECT_TRUE(server.server->Stop(Clock::now()).ok());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client.Receive()->status, 503) << i;
  EXPECT_TRUE(client.AtEnd());
}

TEST(DrainTest, AStreamThatOutlastsTheGraceEndsWithItsStatus) {
  for (const auto& [accept, last] : {std::pair("application/x-ndjson",
                                               "{\"error\":{\"code\":14,\"message\":\"the server is "
                                               "shutting down\"}}\n"),
                                     std::pair("text/event-stream",
                                               "event: error\ndata: {\"code\":14,\"message\":\"the "
                                               "server is shutting down\"}\n\n")}) {
    TestServer server;
    server.service.export_count = 1'000'000'000;
    TestClient client(server.address());
    client.Request("GET", "/usuarios:exportar", "", fmt::format("Accept: {}\r\n", accept));
    std::optional<TestResponse> response;
    std::thread reader([&] { response = client.Receive(); });
    EXPECT_TRUE(TestService::WaitUntil([&] { return server.service.written > 100; }));
    EXPECT_TRUE(server.server->Stop(Clock::now()).ok());
    reader.join();
    ASSERT_TRUE(response) << "chunks end properly";
    EXPECT_THAT(response->body, ::testing::EndsWith(last));
    EXPECT_TRUE(client.AtEnd());
    EXPECT_TRUE(server.service.export_ended);
  }
}

TEST(DrainTest, AReaderThatStandsStillHoldsNoStopUpBeyondTheGrace) {
  TestServer server([](Config& config) { config.write_timeout = absl::Minutes(10); });
  server.service.export_count = 1'000'000'000;
  TestClient client(server.address());
  client.Request("GET", "/usuarios:exportar");
  EXPECT_TRUE(TestService::WaitUntil([&] { return server.service.written > 100; }));
  const auto begin = Clock::now();
  EXPECT_TRUE(server.server->Stop(begin).ok());
  EXPECT_LT(Clock::now() - begin, 30s);
  EXPECT_TRUE(server.service.export_ended);
}

TEST(DrainTest, AConnectionWhoseStreamEndsAfterTheLingerIsClosed) {
  TestServer server([](Config& config) { config.drain_linger = absl::Milliseconds(200); });
  TestClient client(server.address());
  client.Request("GET", "/usuarios/espera1");
  client.Request("GET", "/usuarios:exportar");
  server.service.gate.WaitFor(1);
  EXPECT_TRUE(TestService::WaitUntil([&] { return server.service.calls == 2; }));
  EXPECT_TRUE(TestClient(server.address()).Ask("GET", "/usuarios/u1"))
      << "the worker is done with them: heads are made";
  server.server->Drain();
  std::this_thread::sleep_for(400ms);
  server.service.gate.Release();
  EXPECT_TRUE(client.Receive());
  EXPECT_TRUE(client.Receive());
  EXPECT_TRUE(client.AtEnd()) << "long before idle_timeout";
}

// What one client of the driver saw.
struct Tally {
  int answered = 0;
  int refused = 0;  // connections that were not accepted
  int lost = 0;     // requests on an accepted connection without a whole answer
};

// Asks as fast as it can, on one connection as long as the server keeps it, until connections are refused.
void Drive(const std::string& address, bool keep_alive, Tally& tally) {
  while (true) {
    TestClient client(address);
    if (!client.connected()) {
      ++tally.refused;
      return;
    }
    bool open = true;
    while (open) {
      std::string_view target = tally.answered % 3 == 0 ? "/usuarios/espera" : "/usuarios/u1";
      auto response = client.Ask("GET", target, "", keep_alive ? "" : "Connection: close\r\n");
      if (!response || response->status != 200) {
        ++tally.lost;
        return;
      }
      ++tally.answered;
      open = response->headers.count("connection") == 0;
    }
  }
}

TEST(DrainTest, NoRequestIsLostUnderLoad) {
  for (int round = 0; round < 3; ++round) {
    TestServer server([](Config& config) {
      LingerLong(config);
      config.workers = 2;
    });
    const std::string address = server.address();  // the server's own is empty once it has stopped
    std::atomic<bool> done{false};
    std::thread releaser([&] {
      while (!done) {
        server.service.gate.Release();
        std::this_thread::sleep_for(1ms);
      }
    });
    constexpr int kClients = 16;
    std::vector<Tally> tallies(kClients);
    std::vector<std::thread> clients;
    for (int i = 0; i < kClients; ++i) {
      clients.emplace_back([&, i] { Drive(address, i % 4 != 0, tallies[i]); });
    }
    EXPECT_TRUE(TestService::WaitUntil([&] { return server.service.calls > 300; }));
    server.server->Drain();
    EXPECT_TRUE(server.server->Stop(Clock::now() + 90s).ok());
    for (std::thread& client : clients) client.join();
    done = true;
    releaser.join();
    int answered = 0;
    for (const Tally& tally : tallies) {
      answered += tally.answered;
      EXPECT_EQ(tally.lost, 0);
      EXPECT_EQ(tally.refused, 1);
    }
    EXPECT_EQ(answered, server.service.calls);
  }
}

}  // namespace
}  // namespace tomada::pistache_http
