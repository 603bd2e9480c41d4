// What an operator and a load balancer see of a stop.
#include <csignal>
#include <string>

#include <gmock/gmock.h>

#include "integration/admin/running.h"

namespace tomada::testing {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;

TEST(Stop, DuringTheWaitItIsNotReadyAndServesAll) {
  Running host("memory", {}, {kAnyHttp, kAnyGrpc, "host.shutdown.wait=1h"});
  host.GetUntil("/readyz", 200);
  host.process().Signal(SIGTERM);
  EXPECT_EQ(host.GetUntil("/readyz", 503).body, "not ready: the host is stopping\n");
  EXPECT_EQ(host.Get("/healthz").status, 200);
  HttpClient client(host.AddressOf("http"));  // a new connection
  for (int i = 0; i < 2; ++i) {
    const HttpResponse response = client.Request("GET", "/usuarios/nenhum");
    EXPECT_EQ(response.status, 404);
    EXPECT_EQ(response.headers.count("connection"), 0u);
  }
  client.Close();
  host.process().Signal(SIGTERM);
  EXPECT_EQ(host.process().Wait(), 0) << host.process().output();
}

TEST(Stop, EachPhaseIsLoggedWithItsTime) {
  Running host("memory", {}, {kAnyHttp, kAnyGrpc, "host.shutdown.wait=100ms"});
  host.process().Signal(SIGTERM);
  EXPECT_EQ(host.process().Wait(), 0) << host.process().output();
  EXPECT_THAT(host.process().output(), ContainsRegex("host: stopping signal=SIGTERM\n.* host: waited took=[0-9]+ms\n"
                                                     ".* host: draining took=[0-9]+ms\n"
                                                     ".* host: component stopped component=http took=[0-9]+ms\n"
                                                     ".* host: component stopped component=grpc took=[0-9]+ms\n"
                                                     ".* host: component stopped component=usuarios took=[0-9]+ms\n"
                                                     ".* host: component stopped component=store took=[0-9]+ms\n"
                                                     ".* host: component stopped component=admin_front took=[0-9]+ms\n"
                                                     ".* host: component stopped component=admin took=[0-9]+ms\n"
                                                     ".* host: stopped took=[0-9]+ms\n"));
}

TEST(Stop, TheAdminAnswersUntilAllOthersHaveStopped) {
  Running host("memory", {}, {kAnyHttp, kAnyGrpc, "components.http.config.body_timeout=1h", "host.shutdown.grace=1h"});
  host.GetUntil("/readyz", 200);
  HttpClient unfinished(host.AddressOf("http"));
  ASSERT_TRUE(unfinished.Send("POST /usuarios HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n"));
  host.process().Signal(SIGTERM);
  host.process().WaitForLine("host: draining");
  HttpClient operators(host.admin);
  for (int i = 0; i < 2; ++i) {
    const HttpResponse response = operators.Request("GET", "/readyz?verbose");
    EXPECT_EQ(response.status, 503);
    EXPECT_THAT(response.body, HasSubstr("not ready: the host is stopping\n"));
    EXPECT_EQ(response.headers.count("connection"), 0u) << "it does not drain yet";
  }
  operators.Close();
  unfinished.Close();
  EXPECT_EQ(host.process().Wait(), 0) << host.process().output();
}

}  // namespace
}  // namespace tomada::testing
