#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test_client.h"
#include "test_service.h"

namespace tomada::pistache_http {
namespace {

using ::testing::HasSubstr;

std::string PostChunked(std::string_view name) {
  std::string half = "{\"nome\":";
  std::string rest = "\"" + std::string(name) + "\"}";
  char size[16];
  std::snprintf(size, sizeof size, "%zx", rest.size());
  return "POST /usuarios HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n8;ext=\"a\"\r\n" + half + "\r\n" +
         size + "\r\n" + rest + "\r\n0\r\nX-Trailer: t\r\n\r\n";
}

TEST(PipeliningTest, AnswersInOrderWhereverTheBytesAreSplit) {
  TestServer server;
  TestClient client(server.address());
  std::string body = "{\"nome\":\"n2\"}";
  std::string requests = GetUser("u1") +
                         "POST /usuarios HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) +
                         "\r\n\r\n" + body + "\r\n" + PostChunked("n3") + GetUser("u4");
  for (size_t split = 1; split < requests.size(); ++split) {
    ASSERT_TRUE(client.Send(requests.substr(0, split)));
    ASSERT_TRUE(client.Send(requests.substr(split)));
    for (const char* name : {"u1", "n2", "n3", "u4"}) {
      auto response = client.Receive();
      ASSERT_TRUE(response) << "split at " << split;
      ASSERT_EQ(response->status, 200) << "split at " << split << ": " << response->body;
      ASSERT_THAT(response->body, HasSubstr("\"nome\":\"" + std::string(name) + "\"")) << "split at " << split;
    }
  }
}

TEST(PipeliningTest, TakesRequestsByteForByte) {
  TestServer server;
  TestClient client(server.address());
  for (char byte : PostChunked("n1") + GetUser("u2")) ASSERT_TRUE(client.Send({&byte, 1}));
  EXPECT_THAT(client.Receive()->body, HasSubstr("\"nome\":\"n1\""));
  EXPECT_THAT(client.Receive()->body, HasSubstr("\"nome\":\"u2\""));
}

TEST(PipeliningTest, ALaterAnswerWaitsForAnEarlierOne) {
  TestServer server;
  TestClient client(server.address());
  client.Send(GetUser("espera1") + GetUser("u2") + GetUser("espera3") + GetUser("u4"));
  server.service.gate.WaitFor(2);
  EXPECT_TRUE(client.Quiet(std::chrono::milliseconds(20)));
  server.service.gate.ReleaseLast();
  EXPECT_TRUE(client.Quiet(std::chrono::milliseconds(20)));
  server.service.gate.Release();
  for (const char* name : {"espera1", "u2", "espera3", "u4"}) {
    auto response = client.Receive();
    ASSERT_TRUE(response);
    EXPECT_THAT(response->body, HasSubstr("\"nome\":\"" + std::string(name) + "\""));
  }
}

TEST(PipeliningTest, ReadsNoFurtherThanTheBound) {
  TestServer server([](Config& config) { config.max_pipelined = 4; });
  TestClient client(server.address());
  std::string requests;
  for (int i = 0; i < 20; ++i) requests += GetUser("espera" + std::to_string(i));
  client.Send(requests);
  for (int answered = 0; answered < 20;) {
    server.service.gate.WaitFor(1);
    EXPECT_LE(server.service.calls, answered + 4);
    server.service.gate.Release();
    auto response = client.Receive();
    ASSERT_TRUE(response);
    EXPECT_THAT(response->body, HasSubstr("\"nome\":\"espera" + std::to_string(answered) + "\""));
    ++answered;
    while (answered < server.service.calls) {
      server.service.gate.Release();
      response = client.Receive();
      ASSERT_TRUE(response);
      EXPECT_THAT(response->body, HasSubstr("\"nome\":\"espera" + std::to_string(answered) + "\""));
      ++answered;
    }
  }
}

TEST(PipeliningTest, ThousandsInOneGo) {
  TestServer server;
  TestClient client(server.address());
  constexpr int kCount = 5000;
  std::string requests;
  for (int i = 0; i < kCount; ++i) requests += GetUser(std::to_string(i));
  std::thread sender([&] { client.Send(requests); });
  for (int i = 0; i < kCount; ++i) {
    auto response = client.Receive();
    ASSERT_TRUE(response) << i;
    ASSERT_THAT(response->body, HasSubstr("\"nome\":\"" + std::to_string(i) + "\""));
  }
  sender.join();
}

TEST(PipeliningTest, NothingAfterConnectionClose) {
  TestServer server;
  TestClient client(server.address());
  client.Send("GET /usuarios/u1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" + GetUser("u2"));
  auto response = client.Receive();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->headers["connection"], "close");
  EXPECT_TRUE(client.AtEnd());
  EXPECT_EQ(server.service.calls, 1);
}

TEST(PipeliningTest, AnErrorWaitsForTheAnswersBeforeIt) {
  TestServer server;
  TestClient client(server.address());
  client.Send(GetUser("espera1") + "nonsense\r\n\r\n");
  server.service.gate.WaitFor(1);
  EXPECT_TRUE(client.Quiet(std::chrono::milliseconds(20)));
  server.service.gate.Release();
  EXPECT_EQ(client.Receive()->status, 200);
  EXPECT_EQ(client.Receive()->status, 400);
  EXPECT_TRUE(client.AtEnd());
}

TEST(PipeliningTest, OneClientDoesNotHoldUpAnotherOfTheSameWorker) {
  TestServer server;
  TestClient slow(server.address());
  slow.Send(GetUser("espera1"));
  server.service.gate.WaitFor(1);
  TestClient quick(server.address());
  EXPECT_EQ(quick.Ask("GET", "/usuarios/u2")->status, 200);
  server.service.gate.Release();
  EXPECT_EQ(slow.Receive()->status, 200);
}

TEST(PipeliningTest, ClientsThatSendManyRequestsTakeTurns) {
  TestServer server([](Config& config) { config.max_pipelined = 1; });
  server.service.list_milliseconds = 1;
  constexpr int kClients = 4, kRequests = 50;
  std::string lists;
  for (int i = 0; i < kRequests; ++i) lists += "GET /usuarios?tamanhoPagina=1 HTTP/1.1\r\nHost: a\r\n\r\n";
  std::vector<TestClient> clients;
  for (int i = 0; i < kClients; ++i) clients.emplace_back(server.address()).Send(GetUser("espera"));
  server.service.gate.WaitFor(kClients);
  for (TestClient& client : clients) client.Send(lists + GetUser("contagem"));
  server.service.gate.Release();
  for (TestClient& client : clients) {
    for (int i = 0; i < 1 + kRequests; ++i) ASSERT_EQ(client.Receive()->status, 200) << i;
    int calls = 0;
    const std::string body = client.Receive()->body;
    ASSERT_EQ(sscanf(body.c_str(), R"({"id":"contagem","nome":"contagem","email":"%d")", &calls), 1) << body;
    EXPECT_GE(calls, (kClients - 1) * kRequests) << "the others had as many answers by then";
  }
}

TEST(PipeliningTest, AHandlerMayEndOnAnyThread) {
  TestServer server;
  TestClient client(server.address());
  client.Send(GetUser("espera1") + GetUser("u2"));
  server.service.gate.WaitFor(1);
  server.service.gate.ResumeHere();
  EXPECT_THAT(client.Receive()->body, HasSubstr("espera1"));
  EXPECT_THAT(client.Receive()->body, HasSubstr("u2"));
}

}  // namespace
}  // namespace tomada::pistache_http
