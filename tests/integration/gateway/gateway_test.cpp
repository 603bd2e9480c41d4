// The profile `gateway` in front of a gRPC server in Python, of whose services nothing is built into Tomada.
#include <signal.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <thread>

#include "support/http_client.h"
#include "support/json.h"
#include "support/loopback_port.h"
#include "support/process.h"
#include "support/temp_dir.h"

namespace tomada::testing {
namespace {

using Clock = std::chrono::steady_clock;
using ::testing::HasSubstr;

// Between two attempts to connect it is 2 s, give or take a fifth; the rest is for a busy machine.
constexpr std::chrono::seconds kLongestPause{4};

class GatewayTest : public ::testing::Test {
 protected:
  void StartServer(const std::string& compression = "") {
    Process::Options options;
    options.environment = {{"COMPRESSAO", compression}};
    const std::vector<std::string> command = {"/usr/bin/python3", SERVIDOR, std::to_string(port_.number()),
                                              PROTO_FOLDER, GOOGLEAPIS_FOLDER};
    server_ = std::make_unique<Process>(command, options);
    server_->WaitForLine("listening");
  }
  void KillServer() {
    server_->Signal(SIGKILL);
    server_->Wait();
  }

  // Without waiting for anything.
  std::unique_ptr<Process> MakeGateway(const std::vector<std::string>& settings = {}) {
    std::vector<std::string> command = {TomadaBinary(), "run",   "--profile",
                                        "gateway",      "--set", "components.http.config.listen=127.0.0.1:0"};
    for (const std::string& setting : settings) command.insert(command.end(), {"--set", setting});
    Process::Options options;
    options.environment = {{"GRPC_SERVER", port_.address()}, {"TOMADA_DATA", data_.path()}};
    return std::make_unique<Process>(command, options);
  }
  void StartGateway(const std::vector<std::string>& settings = {}) {
    gateway_ = MakeGateway(settings);
    address_ = gateway_->WaitForLine(R"(http: listening address=(127\.0\.0\.1:\d+))")[1];
  }
  void Start(const std::vector<std::string>& settings = {}) {
    StartServer();
    StartGateway(settings);
    gateway_->WaitForLine("host: ready");
  }

  HttpResponse Get(const std::string& target, const std::map<std::string, std::string>& headers = {}) {
    return HttpClient(address_).Request("GET", target, {}, headers);
  }

  HttpResponse PostLines(const std::string& target, const std::string& lines) {
    return HttpClient(address_).Request("POST", target, lines, {{"Content-Type", "application/x-ndjson"}});
  }

  const LoopbackPort port_;
  TempDir data_;
  std::unique_ptr<Process> server_, gateway_;
  std::string address_;
};

TEST_F(GatewayTest, UnaryByItsAnnotation) {
  Start();
  HttpResponse response = Get("/livros/9788535910663");
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(response.body, R"({"isbn":"9788535910663","titulo":"Dom Casmurro","exemplares":"9007199254740993",)"
                           R"("publicadoEm":"1899-12-01T03:00:00Z"})");
}

TEST_F(GatewayTest, UnaryByItsFullName) {
  Start();
  HttpResponse response = HttpClient(address_).Request("POST", "/acervo.Acervo/Emprestar", R"({"isbn":"1","dias":7})");
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(Json::Parse(response.body)["exemplares"], "7");
}

// As the options say that came with the descriptors.
void ExpectDeclaredSuccesses(const std::string& address) {
  HttpClient client(address);
  HttpResponse response = client.Request("POST", "/livros", R"({"isbn":"1/2"})");
  EXPECT_EQ(response.status, 201) << response.body;
  EXPECT_EQ(response.headers["location"], "/livros/1%2F2");
  EXPECT_EQ(response.body, R"({"isbn":"1/2"})");
  response = client.Request("GET", "/livros/1/capa");
  EXPECT_EQ(response.status, 302) << response.body;
  EXPECT_EQ(response.headers["location"], "https://example.com/capas?isbn=1#1");
  response = client.Request("DELETE", "/livros/1");
  EXPECT_EQ(response.status, 204) << response.body;
  EXPECT_EQ(response.headers.count("content-type"), 0u);
}

TEST_F(GatewayTest, SuccessesByReflection) {
  Start();
  ExpectDeclaredSuccesses(address_);
}

TEST_F(GatewayTest, SuccessesByADescriptorSet) {
  const std::string set = data_.path() / "acervo.binpb";
  Process protoc({"/usr/bin/protoc", "-I" ACERVO_FOLDER, "-I" PROTO_FOLDER, "-I" GOOGLEAPIS_FOLDER, "--include_imports",
                  "--descriptor_set_out=" + set, "acervo.proto"});
  ASSERT_EQ(protoc.Wait(), 0) << protoc.output();
  const std::string server = "components.server.config.";
  Start({server + "reflection=false", server + "descriptor_cache=", server + "descriptor_set=" + set});
  ExpectDeclaredSuccesses(address_);
}

TEST_F(GatewayTest, ServerStream) {
  Start();
  HttpResponse response = Get("/livros?quantos=3", {{"accept", "application/x-ndjson"}});
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.headers["content-type"], "application/x-ndjson");
  EXPECT_THAT(response.body, HasSubstr(R"({"isbn":"0",)"));
  EXPECT_THAT(response.body, HasSubstr(R"({"isbn":"2",)"));
  EXPECT_EQ(std::count(response.body.begin(), response.body.end(), '\n'), 3);

  response = Get("/livros?quantos=1&falhar=true", {{"accept", "application/x-ndjson"}});
  EXPECT_THAT(response.body, ::testing::EndsWith("{\"error\":{\"code\":10,\"message\":\"estante vazia\"}}\n"));
}

TEST_F(GatewayTest, StreamOfRequests) {
  Start();
  HttpResponse response = PostLines("/acervo.Acervo/Receber", "{\"isbn\":\"1\"}\n{\"isbn\":\"2\"}\n{\"isbn\":\"3\"}\n");
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(Json::Parse(response.body)["exemplares"], "3");
  response = PostLines("/acervo.Acervo/Receber", "{}\n{\"isbn\":\"basta\"}\n{}\n");
  EXPECT_EQ(Json::Parse(response.body)["exemplares"], "2") << "the server has answered before the end";
  response = PostLines("/acervo.Acervo/Receber", "{\"isbn\":\"recusado\"}\n");
  EXPECT_EQ(response.status, 400) << response.body;
  EXPECT_THAT(response.body, HasSubstr(R"("fieldViolations":[{"field":"isbn","description":"not taken"}])"));
  response = PostLines("/acervo.Acervo/Receber", "{}\n{\"isbn\":1}\n");
  EXPECT_EQ(response.status, 400) << response.body;
  EXPECT_THAT(response.body, HasSubstr("in line 2"));
}

TEST_F(GatewayTest, StreamsBothWays) {
  Start();
  HttpResponse response = PostLines("/conferencia", "{\"isbn\":\"1\"}\n{\"isbn\":\"2\"}\n");
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(response.headers["content-type"], "application/x-ndjson");
  EXPECT_EQ(std::count(response.body.begin(), response.body.end(), '\n'), 3);
  EXPECT_THAT(response.body, HasSubstr(R"({"isbn":"conferido",)"));
}

TEST_F(GatewayTest, ServerKilledMidStream) {
  Start();
  HttpResponse response;
  std::thread asking([&] { response = PostLines("/conferencia", "{\"isbn\":\"lento\"}\n"); });
  server_->WaitForLine("waiting");
  KillServer();
  asking.join();
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(response.body, HasSubstr(R"({"isbn":"lento",)"));
  EXPECT_THAT(response.body,
              HasSubstr(R"({"error":{"code":14,"message":"the connection to )" + port_.address() + R"( was lost")"));
}

TEST_F(GatewayTest, ErrorsComeWithTheirDetails) {
  Start();
  HttpResponse response = HttpClient(address_).Request("POST", "/acervo.Acervo/Emprestar", R"({"isbn":"1","dias":31})");
  EXPECT_EQ(response.status, 400);
  EXPECT_THAT(response.body, HasSubstr(R"("message":"dias: no more than 30")"));
  EXPECT_THAT(response.body, HasSubstr(R"("fieldViolations":[{"field":"dias","description":"no more than 30"}])"));
}

// acervo.Sugestao is a type of the server's own.
TEST_F(GatewayTest, DetailOfAForeignTypeDoesNotSpoilTheError) {
  Start();
  HttpResponse response = Get("/livros/ausente");
  EXPECT_EQ(response.status, 404);
  EXPECT_THAT(response.body, HasSubstr(R"("code":5,"message":"livro inexistente")"));
  EXPECT_THAT(response.body, HasSubstr(R"("reason":"AUSENTE")"));
  EXPECT_THAT(response.body, HasSubstr("type.googleapis.com/acervo.Sugestao"));
}

// Of a small size, and inflated a bomb: as the answer of a unary call, and in a stream.
TEST_F(GatewayTest, CompressedAnswers) {
  for (const std::string compression : {"gzip", "deflate"}) {
    SCOPED_TRACE(compression);
    StartServer(compression);
    StartGateway();
    gateway_->WaitForLine("host: ready");
    for (int i = 0; i < 50; ++i) {
      const HttpResponse response = Get("/livros/9788535910663");
      ASSERT_EQ(response.status, 200) << response.body;
      ASSERT_THAT(response.body, HasSubstr("Dom Casmurro"));
    }
    const HttpResponse many = Get("/livros?quantos=3", {{"accept", "application/x-ndjson"}});
    EXPECT_EQ(std::count(many.body.begin(), many.body.end(), '\n'), 3) << many.body;
    HttpResponse bomb = Get("/livros/grande");
    EXPECT_EQ(bomb.status, 429) << bomb.body.substr(0, 300);
    bomb = PostLines("/conferencia", R"({"isbn":"grande"})");
    EXPECT_EQ(bomb.status, 429) << bomb.body.substr(0, 300);
    gateway_.reset();
    KillServer();
  }
}

TEST_F(GatewayTest, MetadataBothWays) {
  Start();
  HttpResponse response = Get("/livros/metadados", {{"authorization", "Bearer x"}, {"x-request-id", "pedido-1"}});
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(Json::Parse(response.body)["titulo"], "Bearer x pedido-1");
  EXPECT_EQ(response.headers["resposta"], "sim");
}

TEST_F(GatewayTest, DeadlineReachesTheServerAndExpires) {
  Start({"components.http.config.request_timeout=1s"});
  HttpResponse response = Get("/livros/prazo");
  EXPECT_EQ(response.status, 200) << response.body;
  const int left = std::stoi(Json::Parse(response.body)["exemplares"]);
  EXPECT_GT(left, 0);
  EXPECT_LE(left, 1010);  // on the wire, hundredths of a second, rounded up

  response = Get("/livros/lento");
  EXPECT_EQ(response.status, 504) << response.body;
  server_->WaitForLine("the call is over");
}

TEST_F(GatewayTest, ClientThatGoesAwayEndsTheCallAtTheServer) {
  Start();
  {
    HttpClient client(address_);
    client.Send("GET /livros/lento HTTP/1.1\r\nHost: x\r\n\r\n");
    server_->WaitForLine("waiting");
  }
  server_->WaitForLine("the call is over");
}

TEST_F(GatewayTest, ServerKilledAndStartedAgain) {
  Start();
  HttpClient client(address_);
  ASSERT_EQ(client.Request("GET", "/livros/1").status, 200);

  KillServer();
  gateway_->WaitForLine("host: not ready reason=.*Connection refused");
  const auto asked = Clock::now();
  HttpResponse response = client.Request("GET", "/livros/1");
  const auto answered = Clock::now() - asked;
  EXPECT_EQ(response.status, 503);
  EXPECT_THAT(response.body, HasSubstr(port_.address() + " cannot be reached: Connection refused"));
  EXPECT_LT(answered, std::chrono::seconds(1));

  StartServer();
  const auto listening = Clock::now();
  while (client.Request("GET", "/livros/1").status != 200 && Clock::now() - listening < std::chrono::seconds(20)) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  const auto back = Clock::now() - listening;
  EXPECT_LT(back, kLongestPause);
  gateway_->WaitForLine("server: connected");
  RecordProperty("refused_us", std::to_string(answered / std::chrono::microseconds(1)));
  RecordProperty("back_ms", std::to_string(back / std::chrono::milliseconds(1)));
}

TEST_F(GatewayTest, StartsWithoutTheServerThatItHasSeen) {
  Start();
  gateway_->Signal(SIGTERM);
  EXPECT_EQ(gateway_->Wait(), 0);
  KillServer();

  StartGateway();
  gateway_->WaitForLine("host: not ready reason=.*Connection refused");
  HttpResponse response = Get("/livros/1");
  EXPECT_EQ(response.status, 503);
  EXPECT_THAT(response.body, HasSubstr(port_.address() + " cannot be reached: Connection refused"));

  StartServer();
  gateway_->WaitForLine("host: ready");
  EXPECT_EQ(Get("/livros/1").status, 200);
}

TEST_F(GatewayTest, WaitsForTheServerThatItHasNotSeen) {
  gateway_ = MakeGateway();
  gateway_->WaitForLine("waiting for a server");
  StartServer();
  const auto listening = Clock::now();
  gateway_->WaitForLine("host: ready");
  EXPECT_LT(Clock::now() - listening, kLongestPause);
}

TEST_F(GatewayTest, EndsWhenThatOneDoesNotCome) {
  gateway_ = MakeGateway({"components.server.config.reflection_timeout=500ms"});
  EXPECT_EQ(gateway_->Wait(), 1);
  EXPECT_THAT(gateway_->output(),
              HasSubstr(port_.address() + " cannot be asked for its services: Connection refused; nothing is known"));
}

}  // namespace
}  // namespace tomada::testing
