// What an HTTP client sees of the user service.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test_client.h"
#include "test_service.h"

namespace tomada::pistache_http {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

class SemanticsTest : public ::testing::Test {
 protected:
  TestResponse Ask(std::string_view method, std::string_view target, std::string_view body = "",
                   std::string_view headers = "") {
    auto response = client.Ask(method, target, body, headers);
    EXPECT_TRUE(response) << method << " " << target;
    return response.value_or(TestResponse());
  }

  TestServer server;
  TestClient client{server.address()};
};

TEST_F(SemanticsTest, GetAnswersTheResponseBodyField) {
  TestResponse response = Ask("GET", "/usuarios/u1");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, R"({"id":"u1","nome":"u1"})");
  EXPECT_EQ(response.headers["content-type"], "application/json");
  EXPECT_THAT(response.headers["date"], MatchesRegex("[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} .{8} GMT"));
  EXPECT_EQ(response.headers.count("connection"), 0u) << "HTTP/1.1 keeps connections without being told";
}

TEST_F(SemanticsTest, PostBindsTheBodyFieldAndTheQuery) {
  TestResponse response = Ask("POST", "/usuarios?idRequisicao=r+1", R"({"id":"u1","nome":"Ana","senha":"segredo"})");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, R"({"id":"u1","nome":"Ana","versao":"r 1"})");
}

TEST_F(SemanticsTest, PatchFillsTheMaskFromTheKeysOfTheBody) {
  TestResponse response = Ask("PATCH", "/usuarios/u1", R"({"id":"other","nome":"Ana","expiraEm":null})");
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(response.body, R"({"id":"u1","nome":"Ana","versao":"nome;expira_em;"})") << "the path wins over the body";
  EXPECT_THAT(Ask("PATCH", "/usuarios/u1?mascara=email", R"({"nome":"Ana"})").body, HasSubstr(R"("versao":"email;")"));
}

TEST_F(SemanticsTest, ErrorsAreStatusesInJson) {
  TestResponse response = Ask("GET", "/usuarios/nada");
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.body, R"({"code":5,"message":"no such user"})");
  response = Ask("GET", "/usuarios/desconhecido");
  EXPECT_EQ(response.status, 409);
  EXPECT_THAT(response.body, HasSubstr(R"("@type":"type.googleapis.com/other.Unknown")"));
  EXPECT_THAT(response.body, HasSubstr(R"("value":"AQI=")"));
}

TEST_F(SemanticsTest, AnExceptionsTextStaysHere) {
  TestResponse response = Ask("GET", "/usuarios/lanca");
  EXPECT_EQ(response.status, 500);
  EXPECT_THAT(response.body, Not(HasSubstr("secret")));
  EXPECT_FALSE(response.headers["x-request-id"].empty()) << "to find it in the log";
}

TEST_F(SemanticsTest, AMethodWithoutHandlerIsUnimplemented) { EXPECT_EQ(Ask("DELETE", "/usuarios/u1").status, 501); }

TEST_F(SemanticsTest, UnknownPathsAndMethods) {
  EXPECT_EQ(Ask("GET", "/nothing").status, 404);
  EXPECT_EQ(Ask("GET", "/usuarios/").status, 404);
  TestResponse response = Ask("PUT", "/usuarios");
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(response.headers["allow"], "GET, HEAD, OPTIONS, POST");
  EXPECT_EQ(Ask("BREW", "/usuarios").status, 501);
  EXPECT_EQ(Ask("get", "/usuarios").status, 501) << "methods are case-sensitive";
  EXPECT_EQ(Ask("TRACE", "/usuarios").status, 405);
  EXPECT_EQ(Ask("GET", "/usuarios/%zz").status, 400);
  EXPECT_EQ(Ask("GET", "/usuarios/%ff").status, 400) << "no UTF-8";
  EXPECT_EQ(Ask("GET", "/usuarios?token_pagina=%zz").status, 400);
  EXPECT_EQ(Ask("CONNECT", "host:443").status, 400);
}

TEST_F(SemanticsTest, OptionsNamesTheMethods) {
  TestResponse response = Ask("OPTIONS", "/usuarios/u1");
  EXPECT_EQ(response.status, 204);
  EXPECT_EQ(response.headers["allow"], "DELETE, GET, HEAD, OPTIONS, PATCH");
  EXPECT_EQ(response.headers.count("content-length"), 0u);
  EXPECT_EQ(response.headers.count("content-type"), 0u);
  EXPECT_EQ(Ask("OPTIONS", "*").status, 204);
  EXPECT_EQ(Ask("OPTIONS", "/nothing").status, 404);
}

// Also when the codec refuses it: the request below has no Host.
TEST_F(SemanticsTest, ARefusedHeadHasNoBodyEither) {
  TestClient refused(server.address());
  ASSERT_TRUE(refused.Send("HEAD /usuarios/u1 HTTP/1.1\r\n\r\n"));
  std::optional<TestResponse> response = refused.Receive(true);
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 400);
  EXPECT_NE(response->headers["content-length"], "0");
  EXPECT_FALSE(response->headers["x-request-id"].empty());
  EXPECT_TRUE(refused.AtEnd());
}

TEST_F(SemanticsTest, HeadIsGetWithoutBody) {
  TestResponse get = Ask("GET", "/usuarios/u1");
  TestResponse head = Ask("HEAD", "/usuarios/u1");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.headers["content-length"], std::to_string(get.body.size()));
  EXPECT_EQ(Ask("HEAD", "/usuarios/nada").status, 404);
  EXPECT_EQ(Ask("GET", "/usuarios/u2").status, 200) << "no stray bytes";
}

TEST_F(SemanticsTest, MediaTypes) {
  auto post = [this](std::string_view type) {
    std::string head = "POST /usuarios HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n" + std::string(type) + "\r\n{}";
    client.Send(head);
    return client.Receive()->status;
  };
  EXPECT_EQ(post(""), 200);
  EXPECT_EQ(post("Content-Type: application/json\r\n"), 200);
  EXPECT_EQ(post("Content-Type: Application/JSON ; charset=UTF-8\r\n"), 200);
  EXPECT_EQ(post("Content-Type: application/merge-patch+json\r\n"), 200);
  EXPECT_EQ(post("Content-Type: text/plain\r\n"), 415);
  EXPECT_EQ(post("Content-Type: application/x-www-form-urlencoded\r\n"), 415);
  EXPECT_EQ(post("Content-Type: application/json; charset=utf-7\r\n"), 415);
  EXPECT_EQ(post("Content-Type: application/json\r\nContent-Encoding: gzip\r\n"), 415);
}

TEST_F(SemanticsTest, WrongBodiesNameTheFieldAndNeverTheValue) {
  TestResponse response = Ask("POST", "/usuarios", R"({"senha":"segredo123)");
  EXPECT_EQ(response.status, 400);
  EXPECT_THAT(response.body, Not(HasSubstr("segredo")));
  response = Ask("POST", "/usuarios", R"({"senhaa":"segredo123"})");
  EXPECT_EQ(response.status, 400);
  EXPECT_THAT(response.body, HasSubstr("senhaa"));
  EXPECT_THAT(response.body, HasSubstr("google.rpc.BadRequest"));
  EXPECT_THAT(response.body, Not(HasSubstr("segredo")));
}

TEST_F(SemanticsTest, QueryMistakesNameTheParameter) {
  for (auto [target, field] : std::vector<std::pair<std::string, std::string>>{
           {"/usuarios?nada=1", "nada"},
           {"/usuarios?tamanhoPagina=1&tamanho_pagina=2", "tamanho_pagina"},
           {"/usuarios?tamanhoPagina=muitos", "tamanho_pagina"},
           {"/usuarios?tamanhoPagina=99999999999", "tamanho_pagina"},
           {"/usuarios?tokenPagina=%ff", "token_pagina"}}) {
    TestResponse response = Ask("GET", target);
    EXPECT_EQ(response.status, 400) << target;
    EXPECT_THAT(response.body, HasSubstr(field)) << target;
  }
  EXPECT_EQ(Ask("POST", "/usuarios?usuario.nome=Ana", "{}").status, 400);
  EXPECT_EQ(Ask("GET", "/usuarios/u1?id=u2").body, R"({"id":"u1","nome":"u1"})") << "the path wins";
}

TEST_F(SemanticsTest, ForwardsTheListedHeadersAndNoOthers) {
  TestResponse response = Ask("GET", "/usuarios/metadados", "",
                              "X-Request-Id: r-1\r\nX-Other: 2\r\nAuthorization: Bearer t\r\nTraceparent: 00-1\r\n"
                              "Accept-Language: pt\xe9\r\nGrpc-Timeout: 1S\r\n");
  EXPECT_THAT(response.body,
              HasSubstr(R"("email":"authorization=Bearer t;traceparent=00-1;x-request-id=r-1;via=1.1 tomada;")"))
      << "metadata is ASCII";
  EXPECT_EQ(response.headers["x-request-id"], "r-1");
  EXPECT_EQ(response.headers["x-servico"], "1.1 tomada");
}

// A gRPC server behind this one would refuse them, or the connection that others share.
TEST_F(SemanticsTest, WhatIsForwardedIsBoundedAltogether) {
  constexpr size_t kMost = 7 << 10, kEach = 32;
  auto line = [](const std::string& name, size_t size) { return name + ": " + std::string(size, 'a') + "\r\n"; };
  for (const std::string name : {"Accept-Language", "Authorization", "Tracestate", "User-Agent"}) {
    const size_t fits = kMost - kEach - name.size();
    EXPECT_EQ(Ask("GET", "/usuarios/u1", "", line(name, fits)).status, 200) << name;
    TestResponse refused = Ask("GET", "/usuarios/u1", "", line(name, fits + 1));
    EXPECT_EQ(refused.status, 431) << name;
    EXPECT_THAT(refused.body, HasSubstr("the headers that the service is to have are too large"));
    EXPECT_EQ(Ask("GET", "/usuarios:exportar", "", line(name, 9000)).status, 431) << name;
  }
  std::string several;
  for (int i = 0; i < 3; ++i) several += line("Tracestate", 1000) + line("Authorization", 1500);
  EXPECT_EQ(Ask("GET", "/usuarios/u1", "", several).status, 431);
  EXPECT_EQ(Ask("GET", "/usuarios/u1", "", line("Cookie", 12000)).status, 200) << "stays here";
  EXPECT_EQ(Ask("GET", "/usuarios/u1", "", "Connection: tracestate\r\n" + line("Tracestate", 9000)).status, 200)
      << "for this hop only";
  EXPECT_EQ(Ask("GET", "/openapi.json", "", line("Tracestate", 9000)).status, 200) << "nothing behind it is asked";
}

TEST_F(SemanticsTest, ARequestIdIsMadeWhereThereIsNoneThatIsFit) {
  for (const std::string& line : {std::string(), "X-Request-Id: " + std::string(200, 'a') + "\r\n"}) {
    TestResponse response = Ask("GET", "/usuarios/metadados", "", line);
    EXPECT_THAT(response.headers["x-request-id"], MatchesRegex("[0-9a-f]{16}"));
    EXPECT_THAT(response.body, HasSubstr("x-request-id=" + response.headers["x-request-id"] + ";"))
        << "the service sees the same one";
    EXPECT_NE(Ask("GET", "/usuarios/u1", "", line).headers["x-request-id"], response.headers["x-request-id"]);
    EXPECT_EQ(Ask("GET", "/nothing", "", line).headers.count("x-request-id"), 1u);
  }
  EXPECT_EQ(Ask("GET", "/nothing", "", "X-Request-Id: r-1\r\n").headers["x-request-id"], "r-1");
}

TEST_F(SemanticsTest, HandlersCannotForgeHeaders) {
  TestResponse response = Ask("GET", "/usuarios/u1");
  EXPECT_EQ(response.headers.count("evil"), 0u);
  EXPECT_EQ(response.headers.count("x-forjado"), 0u);
  EXPECT_EQ(response.headers["content-length"], std::to_string(response.body.size()));
}

TEST_F(SemanticsTest, KeepAliveByVersion) {
  client.Send("GET /usuarios/u1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  auto response = client.Receive();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->headers["connection"], "keep-alive");
  client.Send("GET /usuarios/u1 HTTP/1.0\r\n\r\n");
  response = client.Receive();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->headers["connection"], "close");
  EXPECT_TRUE(client.AtEnd());
}

TEST_F(SemanticsTest, ExpectContinueIsAnsweredBeforeTheBody) {
  client.Send("POST /usuarios HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 12\r\n\r\n");
  EXPECT_EQ(client.Receive()->status, 100);
  client.Send(R"({"nome":"a"})");
  EXPECT_EQ(client.Receive()->status, 200);
  client.Send("POST /usuarios HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n{}");
  EXPECT_EQ(client.Receive()->status, 200) << "the body is here: nothing to ask for";
}

TEST_F(SemanticsTest, ExpectContinueKeepsItsPlaceInThePipeline) {
  client.Send("GET /usuarios/espera1 HTTP/1.1\r\nHost: a\r\n\r\n");
  client.Send("POST /usuarios HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  server.service.gate.WaitFor(1);
  server.service.gate.Release();
  EXPECT_EQ(client.Receive()->status, 200);
  EXPECT_EQ(client.Receive()->status, 100);
  client.Send("{}");
  EXPECT_EQ(client.Receive()->status, 200);
}

TEST_F(SemanticsTest, AbsoluteTargets) {
  EXPECT_EQ(Ask("GET", "http://test:80/usuarios/u1").body, R"({"id":"u1","nome":"u1"})");
  EXPECT_EQ(Ask("GET", "http://test").headers["location"], "docs") << "of `/`";
}

TEST_F(SemanticsTest, AClientThatClosesItsSideStillGetsWhatIsReady) {
  client.Request("GET", "/usuarios/u1");
  client.ShutdownWrite();
  auto all = client.ReceiveAll();
  ASSERT_TRUE(all);
  EXPECT_THAT(*all, HasSubstr(R"({"id":"u1","nome":"u1"})"));
}

TEST(ListenTest, ATakenPortIsNamed) {
  TestServer server;
  Config config;
  config.listen = *HostPort::Parse(server.address());
  config.workers = 2;
  Server second(config, Server::Providers{{"usuarios", &server.service}}, QuietLogger());
  absl::Status status = second.Start();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr("cannot listen on " + server.address()));
}

class UnixSocketTest : public ::testing::Test {
 protected:
  UnixSocketTest() {
    char folder[] = "/tmp/tomada_http_XXXXXX";
    folder_ = mkdtemp(folder);
    path = folder_ + "/http.sock";
  }
  ~UnixSocketTest() override { std::filesystem::remove_all(folder_); }

  absl::Status StartAnother() {
    TestService service;
    Config config;
    config.unix_socket = path;
    return Server(config, Server::Providers{{"usuarios", &service}}, QuietLogger()).Start();
  }

  std::string path;

 private:
  std::string folder_;
};

TEST_F(UnixSocketTest, ServesAndIsRemovedInTheEnd) {
  {
    TestServer server([this](Config& config) {
      config.unix_socket = path;
      config.workers = 3;
    });
    EXPECT_EQ(server.address(), "unix:" + path);
    for (int i = 0; i < 20; ++i) {
      TestClient client(server.address());
      auto response = client.Ask("GET", "/usuarios/u1");
      ASSERT_TRUE(response);
      EXPECT_EQ(response->status, 200);
    }
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(UnixSocketTest, TakesOverOnlyWhatIsLeftOver) {
  TestServer server([this](Config& config) { config.unix_socket = path; });
  absl::Status second = StartAnother();
  EXPECT_EQ(second.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(second.message()), HasSubstr("cannot listen on " + path));
  EXPECT_EQ(TestClient(server.address()).Ask("GET", "/usuarios/u1")->status, 200) << "and it still listens";
  // A file without a listener, as a server that was killed leaves it.
  std::filesystem::rename(path, path + ".taken");
  int left = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  path.copy(name.sun_path, sizeof name.sun_path - 1);
  ASSERT_EQ(bind(left, reinterpret_cast<sockaddr*>(&name), sizeof name), 0);
  close(left);
  EXPECT_TRUE(StartAnother().ok());
  std::ofstream(path) << "precious";
  EXPECT_EQ(StartAnother().code(), absl::StatusCode::kUnavailable) << "a file that is no socket";
  EXPECT_TRUE(std::filesystem::exists(path));
  path = std::string(200, 'x');
  EXPECT_EQ(StartAnother().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(UnixSocketTest, WhoeverTookThePathOverKeepsIt) {
  const auto listen_there = [this](Config& config) { config.unix_socket = path; };
  auto first = std::make_unique<TestServer>(listen_there);
  TestClient client(first->address());
  client.Request("GET", "/usuarios/espera1");
  first->service.gate.WaitFor(1);
  first->server->Drain();
  EXPECT_FALSE(std::filesystem::exists(path)) << "the next process may have it";
  auto second = std::make_unique<TestServer>(listen_there);
  first->service.gate.Release();
  EXPECT_EQ(client.Receive()->status, 200);
  client.Close();
  first.reset();
  EXPECT_EQ(TestClient(second->address()).Ask("GET", "/usuarios/u1")->status, 200);
  // Also where the file was exchanged under the server.
  std::filesystem::remove(path);
  TestServer third(listen_there);
  second.reset();
  EXPECT_EQ(TestClient(third.address()).Ask("GET", "/usuarios/u1")->status, 200);
}

TEST(ListenTest, SeveralWorkersShareAPort) {
  TestServer server([](Config& config) { config.workers = 4; });
  for (int i = 0; i < 50; ++i) {
    TestClient client(server.address());
    ASSERT_EQ(client.Ask("GET", "/usuarios/u1")->status, 200);
  }
}

}  // namespace
}  // namespace tomada::pistache_http
