#include "dispatch/cors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test_client.h"
#include "test_service.h"

namespace tomada::pistache_http {
namespace {

constexpr char kApp[] = "Origin: https://app.example.com\r\n";
constexpr char kOther[] = "Origin: https://other.example.com\r\n";

class CorsTest : public ::testing::Test {
 protected:
  TestServer server{[](Config& config) { config.cors_origins = {"https://app.example.com"}; }};
  TestClient client{server.address()};

  TestResponse Ask(std::string_view method, std::string_view target, const std::string& headers) {
    auto response = client.Ask(method, target, "", headers);
    EXPECT_TRUE(response);
    return response.value_or(TestResponse());
  }
};

TEST_F(CorsTest, AListedOriginMayReadAnswersAndErrors) {
  for (const char* target : {"/usuarios/u1", "/usuarios/nada", "/nothing", "/usuarios:exportar"}) {
    TestResponse response = Ask("GET", target, kApp);
    EXPECT_EQ(response.headers["access-control-allow-origin"], "https://app.example.com") << target;
    EXPECT_EQ(response.headers["vary"], "Origin") << target;
    EXPECT_THAT(response.headers["access-control-expose-headers"], ::testing::HasSubstr("Location, X-Request-Id"));
    EXPECT_EQ(response.headers.count("access-control-allow-credentials"), 0u);
  }
}

// Those too that the codec makes before it has the whole request: else a page sees nothing but a network error.
TEST_F(CorsTest, AListedOriginMayReadRefusals) {
  for (const char* head :
       {"POST /usuarios HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n", "GET /usuarios/u1 HTTP/1.1\r\n"}) {
    TestClient refused(server.address());
    ASSERT_TRUE(refused.Send(std::string(head) + kApp + "X-Request-Id: mine\r\nContent-Length: 999999999\r\n\r\n"));
    std::optional<TestResponse> response = refused.Receive();
    ASSERT_TRUE(response) << head;
    EXPECT_GE(response->status, 400) << head;
    EXPECT_EQ(response->headers["access-control-allow-origin"], "https://app.example.com") << head;
    EXPECT_EQ(response->headers["vary"], "Origin") << head;
    EXPECT_EQ(response->headers["x-request-id"], "mine") << head;
  }
}

TEST_F(CorsTest, AnotherOriginMayNotAndCachesAreTold) {
  for (const std::string& headers : {std::string(kOther), std::string()}) {
    TestResponse response = Ask("GET", "/usuarios/u1", headers);
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.headers.count("access-control-allow-origin"), 0u);
    EXPECT_EQ(response.headers["vary"], "Origin");
  }
}

TEST_F(CorsTest, PreflightNamesMethodAndHeaders) {
  const std::string asks = "Access-Control-Request-Method: PATCH\r\nAccess-Control-Request-Headers: content-type\r\n";
  TestResponse response = Ask("OPTIONS", "/usuarios/u1", kApp + asks);
  EXPECT_EQ(response.status, 204);
  EXPECT_EQ(response.headers["access-control-allow-methods"], "PATCH");
  EXPECT_EQ(response.headers["access-control-allow-headers"], "content-type");
  EXPECT_EQ(response.headers["access-control-max-age"], "600");
  response = Ask("OPTIONS", "/usuarios", kApp + asks);
  EXPECT_EQ(response.headers["access-control-allow-methods"], "GET, HEAD, OPTIONS, POST") << "PATCH is not there";
  response = Ask("OPTIONS", "/usuarios/u1", kOther + asks);
  EXPECT_EQ(response.status, 204);
  EXPECT_EQ(response.headers.count("access-control-allow-methods"), 0u);
  EXPECT_EQ(Ask("OPTIONS", "/usuarios/u1", kApp).headers["allow"], "DELETE, GET, HEAD, OPTIONS, PATCH")
      << "no preflight";
  EXPECT_EQ(server.service.calls, 0);
}

TEST(CorsConfigTest, OffUnlessOriginsAreNamed) {
  TestServer server;
  TestClient client(server.address());
  auto response = client.Ask("GET", "/usuarios/u1", "", kApp);
  EXPECT_EQ(response->headers.count("access-control-allow-origin"), 0u);
  EXPECT_EQ(response->headers.count("vary"), 0u);
}

TEST(CorsConfigTest, AnyOrigin) {
  TestServer server([](Config& config) { config.cors_origins = {"*"}; });
  TestClient client(server.address());
  auto response = client.Ask("GET", "/usuarios/u1", "", kOther);
  EXPECT_EQ(response->headers["access-control-allow-origin"], "*");
  EXPECT_EQ(response->headers.count("vary"), 0u);
}

TEST(CorsConfigTest, CredentialsNeedOriginsByName) {
  TestServer server([](Config& config) {
    config.cors_origins = {"https://app.example.com"};
    config.cors_credentials = true;
  });
  TestClient client(server.address());
  EXPECT_EQ(client.Ask("GET", "/usuarios/u1", "", kApp)->headers["access-control-allow-credentials"], "true");
  EXPECT_EQ(client.Ask("GET", "/usuarios/u1", "", kOther)->headers.count("access-control-allow-credentials"), 0u);
  Config config;
  config.cors_origins = {"*"};
  config.cors_credentials = true;
  EXPECT_FALSE(config.Check().ok());
}

TEST(CorsConfigTest, OriginsThatNoBrowserSendsAreMistakes) {
  for (const char* origin : {"https://app.example.com", "http://localhost:3000", "http://127.0.0.1",
                             "http://[::1]:8080", "https://xn--bcher-kva.example", "null", "chrome-extension://abcdef",
                             "capacitor://localhost", "https://a_b.example", "http://a:443", "*"}) {
    Config config;
    config.cors_origins = {origin};
    EXPECT_TRUE(config.Check().ok()) << origin;
  }
  for (const char* origin :
       {"https://app.example.com/", "https://app.example.com/x", "app.example.com", "https://App.example.com",
        "HTTPS://a", "https://a:443", "http://a:80", "https://*.example.com", "https://a:", "https://a:0",
        "https://u@a", "https://", "", " https://a", "https://bücher.example", "https://a?b", "//a"}) {
    Config config;
    config.cors_origins = {"https://app.example.com", origin};
    EXPECT_THAT(std::string(config.Check().message()),
                ::testing::HasSubstr("`cors_origins`: no browser sends the 2. of them"))
        << origin;
  }
}

}  // namespace
}  // namespace tomada::pistache_http
