// How many connections the server has, and each client of it.
#include <sys/resource.h>
#include <unistd.h>

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test_client.h"
#include "test_service.h"

namespace tomada::pistache_http {
namespace {

using ::testing::HasSubstr;

TEST(ConnectionLimitTest, TheNextConnectionIsToldSo) {
  TestServer server([](Config& config) { config.max_connections = 2; });
  TestClient first(server.address()), second(server.address());
  EXPECT_EQ(first.Ask("GET", "/usuarios/u1")->status, 200);
  EXPECT_EQ(second.Ask("GET", "/usuarios/u1")->status, 200);
  TestClient third(server.address());
  auto response = third.Receive();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 503);
  EXPECT_EQ(response->headers["retry-after"], "1");
  EXPECT_EQ(response->headers["connection"], "close");
  EXPECT_THAT(response->body, HasSubstr("the server has too many connections"));
  EXPECT_TRUE(third.AtEnd());
  EXPECT_THAT(server.log->text(),
              HasSubstr("connections are refused reason=\"`max_connections` are open\" client=127.0.0.1 count=1\n"));
  EXPECT_EQ(server.Metric("tomada_connections_refused_total", "max_connections"), 1);
  third.Close();
  first.Close();
  EXPECT_TRUE(TestService::WaitUntil([&] {
    TestClient next(server.address());
    auto answer = next.Ask("GET", "/usuarios/u1");
    return answer && answer->status == 200;
  }));
}

TEST(ConnectionLimitTest, OnePeerCannotTakeThemAll) {
  TestServer server([](Config& config) {
    config.max_connections_per_peer = 2;
    config.workers = 2;  // which count together
  });
  TestClient first(server.address()), second(server.address());
  EXPECT_EQ(first.Ask("GET", "/usuarios/u1")->status, 200);
  EXPECT_EQ(second.Ask("GET", "/usuarios/u1")->status, 200);
  for (int i = 0; i < 20; ++i) {
    TestClient next(server.address());
    auto response = next.Receive();
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 503);
    EXPECT_EQ(response->headers["retry-after"], "1");
    EXPECT_THAT(response->body, HasSubstr("this client has too many connections"));
    EXPECT_TRUE(next.AtEnd());
  }
  EXPECT_EQ(server.Metric("tomada_connections_refused_total", "max_connections_per_peer"), 20);
  const std::string log = server.log->text();
  EXPECT_THAT(
      log,
      HasSubstr(
          "connections are refused reason=\"a client has its `max_connections_per_peer`\" client=127.0.0.1 count=1\n"));
  EXPECT_EQ(log.find("connections are refused"), log.rfind("connections are refused")) << "one line for all of them";
  TestClient other(server.address(), "127.0.0.2");
  EXPECT_EQ(other.Ask("GET", "/usuarios/u1")->status, 200);
  EXPECT_EQ(first.Ask("GET", "/usuarios/u1")->status, 200) << "those refused took nobody's place";
  second.Close();
  EXPECT_TRUE(TestService::WaitUntil([&] {
    TestClient next(server.address());
    auto answer = next.Ask("GET", "/usuarios/u1");
    return answer && answer->status == 200;
  }));
}

TEST(ConnectionLimitTest, ByDefaultAPeerHasHalfOfThem) {
  Config config;
  EXPECT_EQ(config.max_connections_per_peer, 0);
  TestServer server([](Config& changed) { changed.max_connections = 4; });
  std::vector<TestClient> clients;
  for (int i = 0; i < 4; ++i) {  // of this machine, where many clients share an address
    clients.emplace_back(server.address());
    EXPECT_EQ(clients.back().Ask("GET", "/usuarios/u1")->status, 200);
  }
  EXPECT_EQ(server.Metric("tomada_connections"), 4);
  clients.clear();
  EXPECT_TRUE(TestService::WaitUntil([&] { return server.Metric("tomada_connections") == 0; }));
}

// What listens for other machines does not take the last descriptors of the process.
TEST(ConnectionLimitTest, DescriptorsAreLeftForAdmin) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  TestServer admin;
  const int next = dup(0);
  close(next);
  rlimit limit = before;
  limit.rlim_cur = static_cast<rlim_t>(next) + 64 + 20;  // a server, and ten connections with both ends
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
  {
    TestServer open_to_all([](Config& config) { config.listen.host = "0.0.0.0"; });
    std::vector<TestClient> clients;
    clients.emplace_back(open_to_all.address());
    EXPECT_EQ(clients.front().Ask("GET", "/usuarios/u1")->status, 200);
    for (int i = 0; i < 20; ++i) clients.emplace_back(open_to_all.address());
    EXPECT_TRUE(TestService::WaitUntil(
        [&] { return open_to_all.Metric("tomada_connections_refused_total", "descriptors") > 0; }));
    EXPECT_THAT(open_to_all.log->text(), HasSubstr("the last descriptors are kept for addresses of this machine"));
    EXPECT_EQ(clients.front().Ask("GET", "/usuarios/u1")->status, 200);
    EXPECT_EQ(TestClient(admin.address()).Ask("GET", "/usuarios/u1")->status, 200);
  }
  setrlimit(RLIMIT_NOFILE, &before);
}

TEST(RefusalsTest, AreCountedByStatusAndLoggedOnce) {
  TestServer server([](Config& config) {
    config.max_header_size.bytes = 1000;
    config.header_timeout = absl::Milliseconds(100);
    config.max_body_size.bytes = 10;
  });
  const std::string get = "GET /usuarios/u1 HTTP/1.1\r\nHost: a\r\n";
  const std::vector<std::pair<int, std::string>> cases = {
      {400, "nonsense\r\n\r\n"},
      {408, "GET /"},
      {411, "POST /usuarios HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\n\r\n"},
      {413, "POST /usuarios HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n"},
      {414, "GET /" + std::string(2000, 'a')},
      {417, get + "Expect: magic\r\n\r\n"},
      {431, get + "X: " + std::string(2000, 'a')},
      {501, "POST /usuarios HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n"},
      {505, "GET / HTTP/2.0\r\n\r\n"}};
  for (const auto& [status, bytes] : cases) {
    for (int count = 1; count <= 3; ++count) {
      TestClient client(server.address());
      client.Send(bytes);
      EXPECT_EQ(client.Receive()->status, status);
      EXPECT_EQ(server.Metric("tomada_http_refusals_total", std::to_string(status)), count);
    }
    const std::string log = server.log->text();
    const std::string line = "requests are refused reason=\"" + std::to_string(status) + ": ";
    EXPECT_THAT(log, HasSubstr(line));
    EXPECT_EQ(log.find(line), log.rfind(line)) << "one of three";
  }
}

// Refused connections stay for a moment, so that their client can read why: they must not fill the server either.
TEST(ConnectionLimitTest, APeerThatIsRefusedLeavesRoomForOthers) {
  TestServer server([](Config& config) {
    config.max_connections = 64;
    config.max_connections_per_peer = 2;
  });
  std::vector<TestClient> flood;
  for (int i = 0; i < 300; ++i) flood.emplace_back(server.address());
  TestClient other(server.address(), "127.0.0.2");
  auto response = other.Ask("GET", "/usuarios/u1");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200);
}

}  // namespace
}  // namespace tomada::pistache_http
