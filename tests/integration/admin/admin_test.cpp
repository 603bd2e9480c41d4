#include <csignal>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>

#include "integration/admin/running.h"
#include "support/loopback_port.h"
#include "support/temp_dir.h"

namespace tomada::testing {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

struct Result {
  int code;
  std::string out, err;
};

Result AskHealth(const std::vector<std::string>& arguments, const Environment& environment = {}) {
  std::vector<std::string> command = {TomadaBinary(), "health"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  Process process(command, With(environment));
  const int code = process.Wait();
  return {code, process.out(), process.err()};
}

TEST(Admin, SaysWhoIsReadySinceWhen) {
  Running host("memory", {}, {kAnyHttp, kAnyGrpc});
  EXPECT_EQ(host.Get("/healthz").status, 200);
  const HttpResponse ready = host.GetUntil("/readyz?verbose", 200);
  EXPECT_THAT(ready.body, StartsWith("ready\nadmin ready (since 2"));
  EXPECT_THAT(ready.body, HasSubstr("\nhttp ready (since 2"));
  const HttpResponse components = host.Get("/components");
  EXPECT_THAT(components.body, HasSubstr(R"("uses":{"host":{"ids":["host"]}})"));
  EXPECT_THAT(components.body, HasSubstr(R"({"id":"usuarios","plugin":"usuarios")"));
}

TEST(Admin, TheStartEndsWithThePageToOpen) {
  Running host("memory", {}, {kAnyHttp, kAnyGrpc});
  const std::string page = "http://" + host.AddressOf("http") + "/docs";
  host.process().WaitForLine(" info host: open " + page + "$");
  EXPECT_EQ(HttpClient(host.AddressOf("http")).Request("GET", "/docs").status, 200);
  EXPECT_THAT(host.process().output(), Not(HasSubstr("open http://" + host.admin))) << "it is not for users";

  Running without("memory", {}, {kAnyHttp, kAnyGrpc, "components.http.config.docs=false"});
  without.process().Signal(SIGTERM);
  EXPECT_EQ(without.process().Wait(), 0);
  EXPECT_THAT(without.process().output(), Not(HasSubstr("open http")));
}

TEST(Admin, NamesTheCauseAndSeesItGo) {
  const LoopbackPort port;
  const std::string server = port.address();
  Running front("cliente", {{"GRPC_SERVER", server}}, {kAnyHttp});
  const HttpResponse unready = front.GetUntil("/readyz?verbose", 503);
  EXPECT_THAT(unready.body, ContainsRegex("\nhttp not ready <- grpc_client usuarios <- .*" + server));
  EXPECT_THAT(front.Get("/readyz").body, StartsWith("not ready: usuarios: "));

  Result health = AskHealth({"--profile", "cliente"}, {{"TOMADA_ADMIN", front.admin}});
  EXPECT_EQ(health.code, 1);
  EXPECT_THAT(health.out, HasSubstr("http not ready <- grpc_client usuarios <- "));

  Running back("memory", {}, {kAnyHttp, "components.grpc.config.listen=" + server});
  EXPECT_EQ(front.GetUntil("/readyz", 200).body, "ready\n");
  health = AskHealth({"--profile", "cliente"}, {{"TOMADA_ADMIN", front.admin}});
  EXPECT_EQ(health.code, 0) << health.out << health.err;
  EXPECT_THAT(health.out, StartsWith("ready\n"));
}

TEST(Admin, ShowsNoSecret) {
  Running host("servidor", {{"REDIS_URL", "redis://ana:segredo@127.0.0.1:1/0"}}, {kAnyGrpc});
  const HttpResponse config = host.Get("/config");
  EXPECT_THAT(config.body,
              ContainsRegex(R"re("component":"store","key":"url","value":"\*\*\*","origin":"environment )re"
                            R"re(REDIS_URL \([^"]*servidor.yaml:[0-9]+:[0-9]+\)")re"));
  EXPECT_THAT(config.body, HasSubstr(R"("key":"listen","value":"127.0.0.1:0","origin":"--set")"));
  EXPECT_THAT(config.body, HasSubstr(R"("component":"host","key":"shutdown.grace","value":"10s","origin":"default")"));
  for (const char* target : {"/config", "/components", "/readyz?verbose", "/metrics"})
    EXPECT_THAT(host.Get(target).body, Not(HasSubstr("segredo"))) << target;
  EXPECT_THAT(host.process().output(), Not(HasSubstr("segredo")));

  TempDir dir;
  const std::string file = dir.Write("url", "redis://ana:segredo@127.0.0.1:1/0\n");
  Running other("servidor", {}, {kAnyGrpc, "components.store.config.url.file=" + file});
  EXPECT_THAT(other.Get("/config").body, HasSubstr(R"("key":"url","value":"***","origin":"--set, a file")"));
  for (const char* target : {"/config", "/components", "/readyz?verbose", "/metrics"})
    EXPECT_THAT(other.Get(target).body, Not(HasSubstr("segredo"))) << target;
  EXPECT_THAT(other.process().output(), Not(HasSubstr("segredo")));
}

TEST(Admin, ChangesWhatItMay) {
  TempDir dir;
  Running host("local", {{"TOMADA_DATA", (dir.path() / "data").string()}},
               {kAnyHttp, kAnyGrpc, "components.admin.config.allow_changes=true",
                "components.admin.config.backups=" + (dir.path() / "copies").string()});
  const auto post = [&host](const std::string& target, const std::string& body) {
    return HttpClient(host.admin).Request("POST", target, body);
  };
  EXPECT_EQ(post("/components/http:setLogLevel", R"({"level": "DEBUG"})").status, 200);
  EXPECT_THAT(host.Get("/config").body,
              HasSubstr(R"("key":"log.levels","value":"[http=debug]","origin":"changed while it runs")"));
  HttpClient(host.AddressOf("http")).Request("GET", "/usuarios/nenhum", "", {{"x-another", "1"}});
  host.process().WaitForLine(" debug http: a request header does not reach the service");
  EXPECT_EQ(post("/components/nothing:setLogLevel", R"({"level": "DEBUG"})").status, 404);

  const HttpResponse made = post("/components/store:backUp", R"({"name": "one"})");
  EXPECT_EQ(made.status, 200) << made.body << host.process().output();
  EXPECT_TRUE(std::filesystem::exists(dir.path() / "copies/one/tomada.format"));
  EXPECT_EQ(post("/components/store:backUp", R"({"name": "one"})").status, 400) << "it is there";
  EXPECT_EQ(post("/components/usuarios:backUp", R"({"name": "two"})").status, 501);
}

TEST(Admin, MetricsAreInPrometheussTextFormat) {
  Running host("memory", {}, {kAnyHttp, kAnyGrpc});
  const HttpResponse response = host.Get("/metrics");
  EXPECT_EQ(response.headers.at("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_THAT(response.body,
              HasSubstr("tomada_component_state{component=\"store\",plugin=\"memory_store\",state=\"ready\"} 1\n"));
  EXPECT_THAT(response.body, ContainsRegex("tomada_build_info\\{version=\"[0-9.]+\",stamp=\"contract [0-9]+, "));
  EXPECT_THAT(response.body, ContainsRegex("\nprocess_resident_memory_bytes [0-9]{7}"));
  EXPECT_THAT(response.body, ContainsRegex("\nprocess_open_fds [1-9]"));
}

TEST(Admin, CountsTheRequestsOfEachTransport) {
  Running host("memory", {}, {kAnyHttp, kAnyGrpc});
  const std::string http = host.process().WaitForLine(R"( http: listening .*address=(127\.0\.0\.1:\d+))")[1];
  EXPECT_EQ(HttpClient(http).Request("GET", "/usuarios/nenhum").status, 404);
  HttpResponse nowhere = HttpClient(http).Request("GET", "/nenhum");
  EXPECT_EQ(nowhere.status, 404);
  host.process().WaitForLine("request method=unknown/unknown code=NOT_FOUND call=" + nowhere.headers["x-request-id"]);
  const std::string metrics = host.Get("/metrics").body;
  EXPECT_THAT(metrics,
              HasSubstr("tomada_requests_total{component=\"http\",transport=\"http\",service=\"usuarios.Usuarios\","
                        "method=\"ObterUsuario\",code=\"NOT_FOUND\"} 1\n"));
  EXPECT_THAT(metrics, HasSubstr("tomada_requests_total{component=\"http\",transport=\"http\",service=\"unknown\","
                                 "method=\"unknown\",code=\"NOT_FOUND\"} 1\n"));
  EXPECT_THAT(metrics, HasSubstr("tomada_request_duration_seconds_bucket{component=\"http\",transport=\"http\","
                                 "service=\"usuarios.Usuarios\",method=\"ObterUsuario\",le=\"+Inf\"} 1\n"));
  EXPECT_THAT(metrics, HasSubstr("tomada_log_lines_dropped_total 0\n"));
  host.process().WaitForLine(
      "info http: request method=usuarios.Usuarios/ObterUsuario code=NOT_FOUND took=0.0.* call=");
}

TEST(Admin, LogsAsJsonAndByComponent) {
  Running host("memory", {}, {kAnyHttp, kAnyGrpc, "host.log.format=json", "host.log.levels=http=warning"});
  const std::string http = host.Get("/components").body;
  host.process().WaitForLine(
      R"re("level":"info","component":"admin_front","message":"request","fields":\{)re"
      R"re("method":"tomada.admin.v1.Admin/ListComponents","code":"OK","took":"0.*","call":")re");
  EXPECT_THAT(host.process().output(), Not(HasSubstr(R"("component":"http","message")")));
}

TEST(Admin, ALogThatNobodyReadsHoldsUpNoRequest) {
  // The program's standard error is a pipe that is full and that nobody empties.
  TempDir dir;
  const LoopbackPort port;
  Process shell({"/bin/sh", "-c",
                 "mkfifo f; exec 3<>f; " + TomadaBinary() +
                     " run --profile memory --set components.grpc.config.listen=127.0.0.1:0 --set "
                     "components.http.config.listen=127.0.0.1:0 --set host.log.requests=1000000 2>&3 & pid=$!; "
                     "echo pid=$pid; wait $pid; echo code=$?"},
                [&] {
                  Process::Options options = With({{"TOMADA_ADMIN", port.address()}});
                  options.directory = dir.path();
                  return options;
                }());
  const int pid = std::stoi(shell.WaitForLine(R"(pid=(\d+))")[1]);
  std::unique_ptr<HttpClient> client;
  for (int tries = 0; client == nullptr && tries < 500; ++tries) {
    try {
      client = std::make_unique<HttpClient>(port.address());
    } catch (const std::runtime_error&) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }
  ASSERT_NE(client, nullptr);
  // Each line has some 130 bytes: after 500 the pipe is full, after 8000 more the writer's bound is reached.
  for (int i = 0; i < 12'000; ++i) ASSERT_EQ(client->Request("GET", "/healthz").status, 200);
  EXPECT_THAT(client->Request("GET", "/metrics").body, ContainsRegex("\ntomada_log_lines_dropped_total [1-9]"));
  ::kill(pid, SIGTERM);
  EXPECT_EQ(shell.WaitForLine(R"(code=(\d+))")[1], "0") << "and the stop does not wait either";
}

TEST(Health, OfAHostThatDoesNotRun) {
  const LoopbackPort port;
  const Result health = AskHealth({"--profile", "local"}, {{"TOMADA_ADMIN", port.address()}});
  EXPECT_EQ(health.code, 1);
  EXPECT_EQ(health.out, "not ready: " + port.address() + ": Connection refused\n");
}

TEST(Health, CanBeAskedOfEveryShippedProfile) {
  const LoopbackPort port;
  for (const auto& file : std::filesystem::directory_iterator(PROFILES)) {
    if (file.path().extension() != ".yaml") continue;
    const Result health =
        AskHealth({"--profile", file.path().stem()},
                  {{"TOMADA_ADMIN", port.address()}, {"TOMADA_TLS_CERT", "x.pem"}, {"TOMADA_TLS_KEY", "x.key"}});
    EXPECT_EQ(health.code, 1) << file.path() << health.err;
  }
}

TEST(Health, TakesTheAddressFromSet) {
  Running host("memory", {}, {kAnyHttp, kAnyGrpc});
  host.GetUntil("/readyz", 200);
  EXPECT_EQ(AskHealth({"--profile", "memory", "--set", "components.admin_front.config.listen=" + host.admin}).code, 0);
}

TEST(Health, OfAnAddressNeedsNoProfile) {
  Running host("memory", {}, {kAnyHttp, kAnyGrpc});
  host.GetUntil("/readyz", 200);
  const Result health = AskHealth({"--admin", host.admin});
  EXPECT_EQ(health.code, 0) << health.err;
  EXPECT_THAT(health.out, HasSubstr("\nhttp ready (since 2"));
  const LoopbackPort nobody;
  EXPECT_EQ(AskHealth({"--admin", nobody.address()}).code, 1);
  for (const char* wrong : {"9901", "127.0.0.1:0", "127.0.0.1:x", ""}) {
    EXPECT_EQ(AskHealth({"--admin", wrong}).code, 2) << wrong;
  }
  EXPECT_THAT(AskHealth({"--admin", host.admin, "--profile", "memory"}).err,
              HasSubstr("--admin and --profile exclude each other"));
}

TEST(Health, SaysWhatTheProfileLacks) {
  TempDir dir;
  const std::string file = dir.Write("plain.yaml", "components: {store: {plugin: memory_store}}\n");
  Result health = AskHealth({"--config", file});
  EXPECT_EQ(health.code, 2);
  EXPECT_THAT(health.err, HasSubstr("plain.yaml: the profile has no admin: "));

  health = AskHealth({"--profile", "memory"}, {{"TOMADA_ADMIN", "127.0.0.1:0"}});
  EXPECT_EQ(health.code, 2);
  EXPECT_THAT(health.err, HasSubstr("components.admin_front.config.listen lets the system pick the port"));

  EXPECT_EQ(AskHealth({"--profile", "nenhum"}).code, 2);
  EXPECT_EQ(AskHealth({"--timeout", "soon"}).code, 2);
}

TEST(Health, OfSomethingElseAtThatAddress) {
  Running host("memory", {}, {kAnyHttp, kAnyGrpc});
  const std::string http = host.process().WaitForLine(R"( http: listening .*address=(127\.0\.0\.1:\d+))")[1];
  const Result health = AskHealth({"--profile", "memory"}, {{"TOMADA_ADMIN", http}});
  EXPECT_EQ(health.code, 1);
  EXPECT_EQ(health.out, "not ready: " + http + " answers /readyz with 404: is it the admin of this host?\n");
}

}  // namespace
}  // namespace tomada::testing
