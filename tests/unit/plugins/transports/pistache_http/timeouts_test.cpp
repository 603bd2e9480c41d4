// Clients that are slow or silent cost neither CPU nor memory without bound, and not for long.
#include <time.h>

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/at_rest.h"
#include "support/open_files.h"
#include "support/process_usage.h"
#include "test_client.h"
#include "test_service.h"

namespace tomada::pistache_http {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

// CPU time of the process.
std::chrono::nanoseconds CpuTime() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

TEST(TimeoutsTest, AClientThatSaysNothingIsClosed) {
  TestServer server([](Config& config) { config.header_timeout = absl::Milliseconds(100); });
  TestClient client(server.address());
  auto begin = Clock::now();
  EXPECT_TRUE(client.AtEnd());
  EXPECT_GE(Clock::now() - begin, 90ms);
}

TEST(TimeoutsTest, HeadersThatDripAreAnswered408) {
  TestServer server([](Config& config) { config.header_timeout = absl::Milliseconds(150); });
  TestClient client(server.address());
  auto begin = Clock::now();
  client.Send("GET / HTTP/1.1\r\nHost: a\r\n");
  while (Clock::now() - begin < 10s && client.Quiet(10ms)) client.Send("X: 1\r\n");
  EXPECT_LT(Clock::now() - begin, 10s) << "more bytes do not move the deadline";
  auto response = client.Receive();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 408);
  EXPECT_EQ(response->headers["connection"], "close");
}

TEST(TimeoutsTest, AHandlerThatPostsItselfForEverStarvesNobody) {
  TestServer server([](Config& config) {
    config.header_timeout = absl::Milliseconds(200);
    config.request_timeout = absl::Milliseconds(400);
  });
  TestClient spins(server.address()), silent(server.address()), other(server.address());
  spins.Request("GET", "/usuarios/gira1");
  EXPECT_TRUE(TestService::WaitUntil([&] { return server.service.calls == 1; }));
  EXPECT_EQ(other.Ask("GET", "/usuarios/u1")->status, 200);
  EXPECT_TRUE(silent.AtEnd());
  EXPECT_EQ(spins.Receive()->status, 504);
}

// Clients that have sent part of a header.
std::vector<TestClient> SlowClients(const std::string& address, int count) {
  testing::RaiseOpenFiles();
  std::vector<TestClient> clients;
  for (int i = 0; i < count; ++i) {
    clients.emplace_back(address);
    EXPECT_TRUE(clients.back().Send("GET / HTTP/1.1\r\nHost: a\r\nX: "));
  }
  return clients;
}

TEST(TimeoutsTest, ManySlowClientsHoldNobodyUp) {
  TestServer server([](Config& config) { config.header_timeout = absl::Hours(1); });
  std::vector<TestClient> slow = SlowClients(server.address(), 1000);
  TestClient quick(server.address());
  for (size_t i = 0; i < 100; ++i) {
    for (size_t j = i % 10; j < slow.size(); j += 10) ASSERT_TRUE(slow[j].Send("x"));
    auto response = quick.Ask("GET", "/usuarios/u1");
    ASSERT_TRUE(response);
    ASSERT_EQ(response->status, 200);
  }
}

TEST(TimeoutsTest, ManySlowClientsAreAllClosed) {
  TestServer server([](Config& config) { config.header_timeout = absl::Milliseconds(500); });
  std::vector<TestClient> slow = SlowClients(server.address(), 1000);
  for (TestClient& client : slow) {
    client.Send("x");
    auto response = client.Receive();
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 408);
    EXPECT_TRUE(client.AtEnd());
  }
}

TEST(TimeoutsTest, ABodyThatDripsIsAnswered408) {
  TestServer server([](Config& config) { config.body_timeout = absl::Milliseconds(150); });
  TestClient client(server.address());
  auto begin = Clock::now();
  client.Send("POST /usuarios HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n");
  while (Clock::now() - begin < 10s && client.Quiet(10ms)) client.Send(" ");
  EXPECT_LT(Clock::now() - begin, 10s);
  EXPECT_EQ(client.Receive()->status, 408);
}

TEST(TimeoutsTest, AnIdleConnectionIsClosedInAnOrderlyWay) {
  TestServer server([](Config& config) { config.idle_timeout = absl::Milliseconds(100); });
  TestClient client(server.address());
  auto begin = Clock::now();
  EXPECT_EQ(client.Ask("GET", "/usuarios/u1")->status, 200);
  EXPECT_TRUE(client.AtEnd());
  EXPECT_GE(Clock::now() - begin, 90ms);
}

// Balancers keep their connections for 60 seconds, and a request sent just as the server closes is lost.
TEST(TimeoutsTest, ClientsAreToldForHowLongAConnectionIsKept) {
  EXPECT_GT(Config().idle_timeout, absl::Seconds(60));
  TestServer server;
  TestClient client(server.address());
  EXPECT_EQ(client.Ask("GET", "/usuarios/u1")->headers["keep-alive"], "timeout=74");
  EXPECT_EQ(client.Ask("GET", "/usuarios:exportar")->headers["keep-alive"], "timeout=74");
  EXPECT_EQ(client.Ask("GET", "/nothing")->headers["keep-alive"], "timeout=74");
  client.Send("GET /usuarios/u1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(client.Receive()->headers["keep-alive"], "timeout=74");
  auto last = client.Ask("GET", "/usuarios/u1", "", "Connection: close\r\n");
  EXPECT_EQ(last->headers.count("keep-alive"), 0u);
  TestServer brief([](Config& config) { config.idle_timeout = absl::Milliseconds(1500); });
  EXPECT_EQ(TestClient(brief.address()).Ask("GET", "/usuarios/u1")->headers.count("keep-alive"), 0u);
}

TEST(TimeoutsTest, ACallUnderWayIsNotIdle) {
  TestServer server([](Config& config) { config.idle_timeout = absl::Milliseconds(50); });
  TestClient client(server.address());
  client.Request("GET", "/usuarios/espera1");
  server.service.gate.WaitFor(1);
  EXPECT_TRUE(client.Quiet(200ms));
  server.service.gate.Release();
  EXPECT_EQ(client.Receive()->status, 200);
}

TEST(TimeoutsTest, ASlowReaderCostsNoCpuAndIsClosed) {
  TestServer server([](Config& config) { config.write_timeout = absl::Seconds(1); });
  server.service.export_size = 1000;
  TestClient client(server.address());
  std::string requests;
  for (int i = 0; i < 50; ++i) requests += "GET /usuarios?tamanhoPagina=1000 HTTP/1.1\r\nHost: a\r\n\r\n";
  ASSERT_TRUE(client.Send(requests));
  // It stops making answers when nobody takes them; one takes up to 0.1 s under a sanitizer.
  testing::AtRest(server.service.calls, 200ms);
  auto cpu = CpuTime();
  std::this_thread::sleep_for(100ms);
  EXPECT_LT(CpuTime() - cpu, 50ms);
  EXPECT_LT(server.service.calls, 50);
  TestClient other(server.address());
  EXPECT_EQ(other.Ask("GET", "/usuarios/u1")->status, 200);
  EXPECT_TRUE(TestService::WaitUntil([&] { return !client.Send("X"); })) << "closed after write_timeout";
  EXPECT_EQ(server.Metric("tomada_connections_cut_total", "write_timeout"), 1);
}

// Each has asked for fifty answers of a megabyte and reads none.
TEST(TimeoutsTest, SlowReadersTakeBoundedMemory) {
  TestServer server;
  server.service.export_size = 1000;
  std::string requests;
  for (int i = 0; i < 50; ++i) requests += "GET /usuarios?tamanhoPagina=1000 HTTP/1.1\r\nHost: a\r\n\r\n";
  const size_t before = testing::ProcessUsage::Now().resident_bytes;
  std::vector<TestClient> clients;
  for (int i = 0; i < 20; ++i) {
    clients.emplace_back(server.address());
    ASSERT_TRUE(clients.back().Send(requests));
  }
  constexpr int kEach = 8;  // what the kernel's buffers take, and a few more
  EXPECT_LE(testing::AtRest(server.service.calls, 200ms), 20 * kEach);
  if (testing::kMemoryIsTrue) EXPECT_LT(testing::ProcessUsage::Now().resident_bytes, before + (20u * kEach << 20));
}

TEST(TimeoutsTest, ASlowReaderThatGoesOnGetsEverything) {
  TestServer server;
  server.service.export_size = 1000;
  TestClient client(server.address());
  std::string requests;
  for (int i = 0; i < 30; ++i) requests += "GET /usuarios?tamanhoPagina=1000 HTTP/1.1\r\nHost: a\r\n\r\n";
  ASSERT_TRUE(client.Send(requests));
  std::this_thread::sleep_for(50ms);
  for (int i = 0; i < 30; ++i) {
    auto response = client.Receive();
    ASSERT_TRUE(response) << i;
    EXPECT_GT(response->body.size(), 1'000'000u);
  }
  EXPECT_EQ(server.service.calls, 30);
}

}  // namespace
}  // namespace tomada::pistache_http
