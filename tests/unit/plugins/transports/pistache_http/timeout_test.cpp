#include "dispatch/timeout.h"

#include <gtest/gtest.h>

#include "test_client.h"
#include "test_service.h"

namespace tomada::pistache_http {
namespace {

using namespace std::chrono_literals;

// -1 when it is malformed.
std::chrono::nanoseconds Timeout(std::vector<net::Header> headers, std::chrono::nanoseconds longest = 24h) {
  Request request;
  request.headers = std::move(headers);
  return TimeoutOf(request, longest).value_or(-1ns);
}

TEST(TimeoutOfTest, TheShortestCounts) {
  EXPECT_EQ(Timeout({}), 24h);
  EXPECT_EQ(Timeout({{"grpc-timeout", "2H"}}), 2h);
  EXPECT_EQ(Timeout({{"grpc-timeout", "3M"}}), 3min);
  EXPECT_EQ(Timeout({{"grpc-timeout", "4S"}}), 4s);
  EXPECT_EQ(Timeout({{"grpc-timeout", "250m"}}), 250ms);
  EXPECT_EQ(Timeout({{"grpc-timeout", "6u"}}), 6us);
  EXPECT_EQ(Timeout({{"grpc-timeout", "0n"}}), 0ns);
  EXPECT_EQ(Timeout({{"grpc-timeout", "99999999H"}}), 24h) << "never longer than the config says";
  EXPECT_EQ(Timeout({{"x-server-timeout", "0.25"}}), 250ms);
  EXPECT_EQ(Timeout({{"x-server-timeout", "2"}}), 2s);
  EXPECT_EQ(Timeout({{"x-server-timeout", std::string_view("99999999999999999999")}}), 24h);
  EXPECT_EQ(Timeout({{"grpc-timeout", "5S"}, {"x-server-timeout", "3"}, {"grpc-timeout", "4S"}}), 3s);
}

TEST(TimeoutOfTest, Malformed) {
  for (std::string_view bad : {"", "S", "1", "1s", "1h", "-1S", "+1S", " 1S", "1.5S", "123456789S", "1SS"}) {
    EXPECT_EQ(Timeout({{"grpc-timeout", bad}}), -1ns) << bad;
  }
  for (std::string_view bad : {"", "-1", "+1", "1s", "1e3", "nan", "inf", "0x1", "1.2.3", "."}) {
    EXPECT_EQ(Timeout({{"x-server-timeout", bad}}), -1ns) << bad;
  }
}

TEST(DeadlineHeadersTest, ExpireWith504AndCancelTheCall) {
  TestServer server;
  TestClient client(server.address());
  EXPECT_EQ(client.Ask("GET", "/usuarios/cancelavel1", "", "Grpc-Timeout: 30m\r\n")->status, 504);
  EXPECT_EQ(client.Ask("GET", "/usuarios/cancelavel2", "", "X-Server-Timeout: 0.03\r\n")->status, 504);
  EXPECT_TRUE(TestService::WaitUntil([&] { return server.service.cancelled == 2; }));
  EXPECT_EQ(client.Ask("GET", "/usuarios/u1", "", "Grpc-Timeout: 0n\r\n")->status, 504);
  EXPECT_EQ(server.service.calls, 2) << "without time nothing is called";
  EXPECT_EQ(client.Ask("GET", "/usuarios/u1", "", "Grpc-Timeout: 1n\r\n")->status, 504);
  EXPECT_EQ(client.Ask("GET", "/usuarios/u1", "", "X-Server-Timeout: 0.000000001\r\n")->status, 504);
  EXPECT_EQ(client.Ask("GET", "/usuarios:exportar", "", "Grpc-Timeout: 1n\r\n")->status, 504);
  EXPECT_EQ(server.service.calls, 2);
  EXPECT_EQ(client.Ask("GET", "/usuarios/u1", "", "Grpc-Timeout: soon\r\n")->status, 400);
  EXPECT_EQ(client.Ask("GET", "/usuarios/u1", "", "Grpc-Timeout: 10S\r\n")->status, 200);
}

// Its answer comes in time for nobody.
TEST(DeadlineHeadersTest, AMethodThatNeverWaitsMayMissItToo) {
  TestServer server;
  server.service.export_size = 1000;
  TestClient client(server.address());
  auto response = client.Ask("GET", "/usuarios?tamanhoPagina=50000", "", "Grpc-Timeout: 1m\r\n");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 504);
}

}  // namespace
}  // namespace tomada::pistache_http
