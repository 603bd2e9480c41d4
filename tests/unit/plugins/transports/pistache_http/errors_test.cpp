// Errors as a client meets them: headers that belong to a status, and the shape that FastAPI's clients expect.
#include <absl/strings/cord.h>
#include <gmock/gmock.h>
#include <google/rpc/error_details.pb.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <tuple>
#include <vector>

#include "dispatch/answer.h"
#include "support/witness.h"
#include "test_client.h"
#include "test_service.h"
#include "transcode/error_body.h"

namespace tomada::pistache_http {
namespace {

TEST(ErrorHeadersTest, UnauthenticatedSaysHow) {
  TestServer server;
  TestClient client(server.address());
  auto response = client.Ask("GET", "/usuarios/anonimo");
  EXPECT_EQ(response->status, 401);
  EXPECT_EQ(response->headers["www-authenticate"], "Bearer");
  EXPECT_EQ(client.Ask("GET", "/usuarios/basico")->headers["www-authenticate"], "Basic") << "the handler knows better";
  EXPECT_EQ(client.Ask("GET", "/usuarios/u1")->headers.count("www-authenticate"), 0u);
}

TEST(ErrorHeadersTest, RetryInfoIsRetryAfterInWholeSeconds) {
  TestServer server;
  TestClient client(server.address());
  auto response = client.Ask("GET", "/usuarios/cheio");
  EXPECT_EQ(response->status, 429);
  EXPECT_EQ(response->headers["retry-after"], "3");
  EXPECT_EQ(client.Ask("GET", "/usuarios/nada")->headers.count("retry-after"), 0u);
}

TEST(ErrorHeadersTest, ARetryInfoOutOfRangeIsNoRetryAfter) {
  for (const auto& [seconds, nanos, expected] :
       std::vector<std::tuple<int64_t, int, std::string>>{{-5, 0, ""},
                                                          {0, -1, ""},
                                                          {1, 1'000'000'000, ""},
                                                          {INT64_MAX, 1, ""},
                                                          {315'576'000'001, 0, ""},
                                                          {0, 0, "0"},
                                                          {0, 1, "1"},
                                                          {315'576'000'000, 0, "315576000000"}}) {
    google::rpc::RetryInfo retry;
    retry.mutable_retry_delay()->set_seconds(seconds);
    retry.mutable_retry_delay()->set_nanos(nanos);
    absl::Status status = absl::UnavailableError("later");
    status.SetPayload("type.googleapis.com/google.rpc.RetryInfo", absl::Cord(retry.SerializeAsString()));
    net::Response response;
    std::string scratch;
    MakeError(status, AnswerOptions(), nullptr, response, scratch);
    std::string told;
    for (const auto& [name, value] : response.headers) {
      if (name == "retry-after") told = value;
    }
    EXPECT_EQ(told, expected) << seconds << " s " << nanos << " ns";
  }
}

TEST(UnprintableTest, AnAnswerThatHasNoJsonFormIsInternal) {
  TestServer server;
  TestClient client(server.address());
  auto response = client.Ask("GET", "/usuarios/sem-json");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 500);
  EXPECT_EQ(response->headers["content-type"], "application/json");
  EXPECT_EQ(response->body,
            R"({"code":13,"message":"the answer cannot be given: `usuario.criado_em` has no JSON form"})");
  EXPECT_EQ(client.Ask("GET", "/usuarios/u1")->status, 200) << "the connection goes on";
}

TEST(UnprintableTest, ADetailThatHasNoJsonFormIsKeptAsBytes) {
  google::rpc::RetryInfo retry;
  retry.mutable_retry_delay()->set_nanos(1'000'000'000);
  absl::Status status = absl::UnavailableError("later");
  status.SetPayload("type.googleapis.com/google.rpc.RetryInfo", absl::Cord(retry.SerializeAsString()));
  std::string text;
  AppendStatusJson(status, &text);
  EXPECT_EQ(text, R"({"code":14,"message":"later","details":[)"
                  R"({"@type":"type.googleapis.com/google.rpc.RetryInfo","value":"CgYQgJTr3AM="}]})");
}

class FastApiTest : public ::testing::Test {
 protected:
  TestServer server{[](Config& config) { config.errors = ErrorShape::kFastApi; }};
  TestClient client{server.address()};

  void Expect(std::string_view method, std::string_view target, std::string_view body, int status,
              std::string_view answer) {
    auto response = client.Ask(method, target, body);
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, status) << target;
    EXPECT_EQ(response->body, answer) << target;
  }
};

TEST_F(FastApiTest, ErrorsAreADetail) {
  Expect("GET", "/usuarios/nada", "", 404, R"({"detail":"no such user"})");
  Expect("GET", "/nothing", "", 404, R"({"detail":"there is nothing at this path"})");
  Expect("PUT", "/usuarios", "", 405, R"({"detail":"this path does not have this method"})");
  Expect("GET", "/usuarios/anonimo", "", 401, R"({"detail":"who are you"})");
}

std::string Detail(const std::string& loc, const std::string& message) {
  return "{\"loc\":[" + loc + "],\"msg\":\"" + message + "\",\"type\":\"value_error\"}";
}

std::string Details(const std::string& details) { return "{\"detail\":[" + details + "]}"; }

TEST_F(FastApiTest, WrongFieldsAre422WithTheirPlace) {
  Expect("GET", "/usuarios?tamanhoPagina=x", "", 422,
         Details(Detail(R"("query","tamanho_pagina")", "expected an integer from -2147483648 to 2147483647")));
  Expect("POST", "/usuarios", R"({"nome":1})", 422,
         Details(Detail(R"("body","nome")", "expected a string of valid UTF-8 (line 1, column 9)")));
  Expect("POST", "/usuarios", R"({"nope":1})", 422,
         Details(Detail(R"("body","nope")", "unknown field (line 1, column 2)")));
  Expect("POST", "/usuarios", R"({"no.pe":1})", 422,
         Details(Detail(R"("body","no.pe")", "unknown field (line 1, column 2)")));
  Expect("POST", "/usuarios", R"({"\u001b":1})", 422,
         Details(Detail(R"("body")", R"(unknown field \"?\" (line 1, column 2))")));
  Expect("POST", "/usuarios", "[]", 422, Details(Detail(R"("body")", "expected an object (line 1, column 1)")));
  Expect("POST", "/usuarios:verificarSenha", "{", 422,
         Details(Detail(R"("body")", "expected a name in double quotes (line 1, column 2)")));
  Expect("GET", "/usuarios/%ff", "", 422, Details(Detail(R"("path","id")", "expected a string of valid UTF-8")));
}

TEST_F(FastApiTest, AServicesOwnViolationsToo) {
  Expect("GET", "/usuarios/campos", "", 422,
         Details(Detail(R"("path","id")", "is not well-formed") + "," +
                 Detail(R"("query","outros",2,"nome")", "is too long") + "," +
                 Detail(R"("query","rotulos","a.b")", "is empty")));
}

TEST_F(FastApiTest, RequestsThatAreNoHttpToo) {
  client.Send("nonsense\r\n\r\n");
  auto response = client.Receive();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body, R"({"detail":"the request is not well-formed HTTP/1.1"})");
}

TEST(ConfigCheckTest, HopByHopHeadersAreNotForwarded) {
  Config config;
  EXPECT_TRUE(config.Check().ok());
  for (const char* wrong : {"", "x api", "x-api:", "+x-api", "+"}) {
    config.forward_headers = {"authorization", wrong};
    EXPECT_FALSE(config.Check().ok()) << wrong;
  }
  config.forward_headers = {"+X-Api-Key", "+accept"};
  EXPECT_TRUE(config.Check().ok());
  config.forward_headers = {"+TE"};
  EXPECT_FALSE(config.Check().ok());
  config.forward_headers = {"Transfer-Encoding"};
  EXPECT_EQ(std::string(config.Check().message()),
            "`forward_headers` may not hold transfer-encoding: it is about one connection only");
}

TEST(ConfigCheckTest, AHeaderThatConnectionNamesIsNotForwarded) {
  TestServer server;
  TestClient client(server.address());
  auto response = client.Ask("GET", "/usuarios/metadados", "",
                             "Authorization: a\r\nTraceparent: b\r\nConnection: keep-alive, Traceparent\r\n");
  EXPECT_THAT(response->body, ::testing::HasSubstr("authorization=a;x-request-id="));
}

TEST(ForwardHeadersTest, AreAddedToTheDefaultByAPlus) {
  TestServer server([](Config& config) { config.forward_headers = {"+X-Api-Key"}; });
  const auto response =
      TestClient(server.address())
          .Ask("GET", "/usuarios/metadados", "", "Authorization: a\r\nX-Api-Key: k\r\nX-Other: o\r\n");
  EXPECT_THAT(response->body, ::testing::HasSubstr("authorization=a;x-api-key=k;x-request-id="));
  TestServer whole([](Config& config) { config.forward_headers = {"X-Api-Key"}; });
  EXPECT_THAT(
      TestClient(whole.address()).Ask("GET", "/usuarios/metadados", "", "Authorization: a\r\nX-Api-Key: k\r\n")->body,
      ::testing::HasSubstr("\"x-api-key=k;x-request-id="));
}

TEST(ForwardHeadersTest, TheLogNamesEachThatIsHeldBackOnce) {
  TestService service;
  auto witness = std::make_shared<tomada::testing::Witness>();
  Config config;
  config.listen.port = 0;
  Server server(config, Server::Providers{{"usuarios", &service}}, Logger(witness, "http"));
  ASSERT_TRUE(server.Start().ok());
  for (int i = 0; i < 3; ++i) {
    TestClient client(server.address());
    client.Ask("GET", "/usuarios/metadados", "", "X-Api-Key: secret\r\nAuthorization: a\r\nConnection: keep-alive\r\n");
  }
  EXPECT_EQ(witness->Logged("does not reach the service: it is not in forward_headers header=x-api-key"), 1u)
      << witness->log();
  EXPECT_EQ(witness->Logged("secret"), 0u);
  EXPECT_EQ(witness->Logged("header=authorization") + witness->Logged("header=connection"), 0u);
  // A client that makes names up fills no memory.
  for (int i = 0; i < 300; ++i) {
    TestClient(server.address()).Ask("GET", "/usuarios/metadados", "", "X-" + std::to_string(i) + ": 1\r\n");
  }
  EXPECT_LE(witness->Logged("header=x-"), 100u);
}

TEST(ConfigCheckTest, BinaryMetadataIsDecoded) {
  TestServer server([](Config& config) { config.forward_headers = {"a-bin", "b-bin"}; });
  TestClient client(server.address());
  auto response = client.Ask("GET", "/usuarios/metadados", "", "A-Bin: b2xh\r\nB-Bin: *\r\n");
  EXPECT_THAT(response->body, ::testing::HasSubstr("a-bin=ola;x-request-id="));
}

}  // namespace
}  // namespace tomada::pistache_http
