// Health for balancers that ask at the port of the traffic.
#include <atomic>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test_client.h"
#include "test_service.h"

namespace tomada::pistache_http {
namespace {

class HealthTest : public ::testing::Test {
 protected:
  void Start(bool health) {
    Config config;
    config.listen.port = 0;
    config.workers = 1;
    config.health = health;
    server = std::make_unique<Server>(config, Server::Providers{{"usuarios", &service}}, QuietLogger(), Metrics(), "",
                                      [this] { return ready.load(); });
    ASSERT_TRUE(server->Start().ok());
  }
  TestResponse Ask(std::string_view method, std::string_view target) {
    TestClient client(server->address());
    auto response = client.Ask(method, target);
    EXPECT_TRUE(response) << target;
    return response.value_or(TestResponse());
  }

  std::atomic<bool> ready{true};
  TestService service;
  std::unique_ptr<Server> server;
};

TEST_F(HealthTest, FollowsReadinessWithoutItsCause) {
  Start(true);
  EXPECT_EQ(Ask("GET", "/healthz").body, "alive\n");
  TestResponse response = Ask("GET", "/readyz");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "ready\n");
  EXPECT_EQ(response.headers["content-type"], "text/plain; charset=utf-8");
  EXPECT_EQ(response.headers["cache-control"], "no-store");
  ready = false;
  response = Ask("GET", "/readyz?verbose");
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.body, "not ready\n");
  EXPECT_EQ(Ask("HEAD", "/readyz").status, 503);
  EXPECT_EQ(Ask("GET", "/healthz").status, 200) << "the process lives";
  response = Ask("POST", "/readyz");
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(response.headers["allow"], "GET, HEAD, OPTIONS");
  for (const char* path : {"/metrics", "/config", "/components", "/healthz/"}) EXPECT_EQ(Ask("GET", path).status, 404);
}

TEST_F(HealthTest, IsOffUnlessTheConfigHasIt) {
  Start(false);
  EXPECT_EQ(Ask("GET", "/healthz").status, 404);
  EXPECT_EQ(Ask("GET", "/readyz").status, 404);
}

}  // namespace
}  // namespace tomada::pistache_http
