// The admin service as an operator reaches it: over HTTP.
#include "admin.h"

#include <gmock/gmock.h>

#include "config.h"
#include "fake_host.h"
#include "server.h"
#include "support/http_client.h"

namespace tomada::admin {
namespace {

using testing::HttpClient;

class AdminTest : public ::testing::Test {
 protected:
  explicit AdminTest(bool changes = false) : admin_(host_, changes ? &host_ : nullptr, "/backups") {
    pistache_http::Config config;
    config.listen.port = 0;
    config.workers = 1;
    config.max_body_size.bytes = 1024;
    server_ = std::make_unique<pistache_http::Server>(config, Providers(), Log());
    EXPECT_EQ(server_->Start(), absl::OkStatus());
    client_ = std::make_unique<HttpClient>(server_->address());
  }

  pistache_http::Server::Providers Providers() { return {{"admin", &admin_}}; }
  static Logger Log() { return Logger(MakeStderrSink(LogLevel::kError), "http"); }

  FakeHost host_;
  Admin admin_;
  std::unique_ptr<pistache_http::Server> server_;
  std::unique_ptr<HttpClient> client_;
};

TEST_F(AdminTest, IsAliveWhateverElse) {
  host_.ready = {false, "store: refused"};
  const testing::HttpResponse response = client_->Request("GET", "/healthz");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "alive\n");
  EXPECT_EQ(response.headers.at("content-type"), "text/plain; charset=utf-8");
}

TEST_F(AdminTest, ReadyIs200) {
  const testing::HttpResponse response = client_->Request("GET", "/readyz");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "ready\n");
}

TEST_F(AdminTest, NotReadyIs503AndSaysWhyAsText) {
  host_.ready = {false, "http <- store: refused"};
  const testing::HttpResponse response = client_->Request("GET", "/readyz");
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.headers.at("content-type"), "text/plain; charset=utf-8");
  EXPECT_EQ(response.body, "not ready: http <- store: refused\n");
}

TEST_F(AdminTest, VerboseListsTheComponents) {
  host_.statuses = {Status("store", "redis_store", ComponentState::kNotReady)};
  host_.statuses[0].reason = "refused";
  host_.ready = {false, "store: refused"};
  const std::string text = "not ready: store: refused\nstore not ready <- refused (since 2026-11-24T11:22:33.5Z)\n";
  for (const char* target : {"/readyz?verbose", "/readyz?verbose=", "/readyz?verbose=1"}) {
    const testing::HttpResponse response = client_->Request("GET", target);
    EXPECT_EQ(response.status, 503);
    EXPECT_EQ(response.body, text) << target;
  }
  EXPECT_EQ(client_->Request("GET", "/readyz?verbose=false").body, "not ready: store: refused\n");
  host_.ready = {true, {}};
  EXPECT_EQ(client_->Request("GET", "/readyz?verbose").status, 200);
}

TEST_F(AdminTest, ListsComponents) {
  host_.statuses = {Status("http", "pistache_http", ComponentState::kNotReady)};
  host_.statuses[0].uses = {{"services", {"usuarios"}}};
  host_.statuses[0].through = {"usuarios"};
  host_.statuses[0].reason = "refused";
  const testing::HttpResponse response = client_->Request("GET", "/components");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body,
            R"({"components":[{"id":"http","plugin":"pistache_http","version":"0.1.0","kind":"service",)"
            R"("uses":{"services":{"ids":["usuarios"]}},"state":"NOT_READY","since":"2026-11-24T11:22:33.500Z",)"
            R"("through":["usuarios"],"reason":"refused"}],"version":"1.2.3","stamp":"contract 4"})");
}

TEST_F(AdminTest, ShowsTheConfigWithItsOrigins) {
  host_.settings = {{"store", "url", "***", "environment REDIS_URL (a.yaml:6:15)"}};
  EXPECT_EQ(client_->Request("GET", "/config").body,
            R"re({"settings":[{"component":"store","key":"url","value":"***",)re"
            R"re("origin":"environment REDIS_URL (a.yaml:6:15)"}]})re");
}

TEST_F(AdminTest, ExposesMetrics) {
  host_.families = {{"a_total", "Things.", MetricKind::kCounter, {}, {{{}, 3, {}}}}};
  const testing::HttpResponse response = client_->Request("GET", "/metrics");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.headers.at("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(response.body, "# HELP a_total Things.\n# TYPE a_total counter\na_total 3\n");
}

TEST_F(AdminTest, RefusesWhatIsNotThere) {
  EXPECT_EQ(client_->Request("GET", "/nothing").status, 404);
  EXPECT_EQ(client_->Request("GET", "/healthz/x").status, 404);
  const testing::HttpResponse wrong_verb = client_->Request("POST", "/metrics", "{}");
  EXPECT_EQ(wrong_verb.status, 405);
  EXPECT_EQ(wrong_verb.headers.at("allow"), "GET, HEAD, OPTIONS");
  EXPECT_EQ(client_->Request("GET", "/readyz?nothing=1").status, 400);
}

TEST_F(AdminTest, ChangesNothingUnlessItMay) {
  for (const char* change : {"/components/store:setLogLevel", "/components/store:backUp"}) {
    const testing::HttpResponse refused = client_->Request("POST", change, "{}");
    EXPECT_EQ(refused.status, 403) << change;
    EXPECT_THAT(refused.body, ::testing::HasSubstr("allow_changes: true"));
  }
  EXPECT_THAT(client_->Request("GET", "/openapi.json").body,
              ::testing::AllOf(::testing::HasSubstr("/metrics"), ::testing::Not(::testing::HasSubstr("backUp"))));
}

class ChangingAdminTest : public AdminTest {
 protected:
  ChangingAdminTest() : AdminTest(true) {}

  int Post(const std::string& target, const std::string& body) { return client_->Request("POST", target, body).status; }
};

TEST_F(ChangingAdminTest, ChangesLogLevels) {
  EXPECT_EQ(Post("/components/store:setLogLevel", R"({"level": "DEBUG"})"), 200);
  EXPECT_EQ(Post("/components/host:setLogLevel", R"({"level": "ERROR"})"), 200);
  EXPECT_THAT(host_.done, ::testing::ElementsAre("store=debug", "host=error"));
  EXPECT_EQ(Post("/components/store:setLogLevel", R"({"level": "LOUD"})"), 400);
  EXPECT_EQ(Post("/components/store:setLogLevel", "{}"), 400);
  host_.result = absl::NotFoundError("there is no component `x`");
  EXPECT_EQ(Post("/components/x:setLogLevel", R"({"level": "INFO"})"), 404);
}

TEST_F(ChangingAdminTest, MakesBackupsInOneFolder) {
  const testing::HttpResponse made = client_->Request("POST", "/components/store:backUp", R"({"name": "monday.1"})");
  EXPECT_EQ(made.status, 200);
  EXPECT_EQ(made.body, R"({"directory":"/backups/monday.1"})");
  EXPECT_THAT(host_.done, ::testing::ElementsAre("store to /backups/monday.1"));
  for (const char* name : {"", ".", "..", "../etc", "a/b", ".hidden", "a b", "a\\u0000b", "\u00e1"}) {
    EXPECT_EQ(Post("/components/store:backUp", std::string(R"({"name": ")") + name + "\"}"), 400) << name;
  }
  EXPECT_EQ(Post("/components/store:backUp", R"({"name": ")" + std::string(129, 'x') + "\"}"), 400);
  EXPECT_EQ(host_.done.size(), 1u);
}

TEST(AdminConfig, BackupsAreChanges) {
  Config config;
  EXPECT_EQ(config.Check(), absl::OkStatus());
  config.backups = "/backups";
  EXPECT_THAT(std::string(config.Check().message()), ::testing::HasSubstr("`allow_changes: true`"));
  config.allow_changes = true;
  EXPECT_EQ(config.Check(), absl::OkStatus());
}

TEST_F(AdminTest, RefusesABodyThatIsTooLarge) {
  EXPECT_EQ(client_->Request("GET", "/metrics", std::string(2000, 'x')).status, 413);
}

TEST_F(AdminTest, ComesOnAPublicAddressOnlyWhenTheConfigSaysSo) {
  pistache_http::Config config;
  config.listen = {"0.0.0.0", 0};
  config.workers = 1;
  const absl::Status refused = pistache_http::Server(config, Providers(), Log()).Start();
  EXPECT_EQ(refused.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(
      std::string(refused.message()),
      "tomada.admin.v1.Admin of 'admin' is internal and 0.0.0.0:0 is no loopback address: listen on 127.0.0.1, or "
      "say expose_internal: true");
  config.expose_internal = true;
  EXPECT_EQ(pistache_http::Server(config, Providers(), Log()).Start(), absl::OkStatus());
}

}  // namespace
}  // namespace tomada::admin
