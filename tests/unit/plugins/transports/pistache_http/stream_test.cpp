// Server streaming: lines of JSON, server-sent events, raw bytes.
#include <sys/socket.h>

#include <algorithm>
#include <thread>

#include <mapping_test.pb.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "echo_server.h"
#include "support/at_rest.h"
#include "test_client.h"
#include "test_service.h"

namespace tomada::pistache_http {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

TEST(StreamTest, OneLineForEachMessage) {
  TestServer server;
  TestClient client(server.address());
  auto response = client.Ask("GET", "/usuarios:exportar");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->headers["content-type"], "application/x-ndjson");
  EXPECT_EQ(response->body,
            "{\"id\":\"0\",\"nome\":\"xxxxxxxxxx\"}\n{\"id\":\"1\",\"nome\":\"xxxxxxxxxx\"}\n"
            "{\"id\":\"2\",\"nome\":\"xxxxxxxxxx\"}\n");
  EXPECT_EQ(client.Ask("GET", "/usuarios/u1")->status, 200) << "the connection goes on";
}

TEST(StreamTest, AnEmptyOneIsEmpty) {
  TestServer server;
  server.service.export_count = 0;
  TestClient client(server.address());
  auto response = client.Ask("GET", "/usuarios:exportar");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, "");
}

TEST(StreamTest, FailsWithAStatusBeforeTheFirstMessageAndWithALineAfterIt) {
  TestServer server;
  server.service.export_fails = true;
  TestClient client(server.address());
  auto response = client.Ask("GET", "/usuarios:exportar");
  ASSERT_TRUE(response) << "chunks end properly";
  EXPECT_EQ(response->status, 200);
  EXPECT_THAT(response->body, EndsWith("\n{\"error\":{\"code\":10,\"message\":\"the export broke off\"}}\n"));
  server.service.export_count = 0;
  response = client.Ask("GET", "/usuarios:exportar");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 409);
  EXPECT_EQ(response->body, "{\"code\":10,\"message\":\"the export broke off\"}");
}

TEST(StreamTest, AMessageThatHasNoJsonFormEndsItWithAStatus) {
  TestServer server;
  server.service.export_unprintable = 1;
  TestClient client(server.address());
  auto response = client.Ask("GET", "/usuarios:exportar");
  ASSERT_TRUE(response) << "chunks end properly";
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body,
            "{\"id\":\"0\",\"nome\":\"xxxxxxxxxx\"}\n"
            "{\"error\":{\"code\":13,\"message\":\"the answer cannot be given: `criado_em` has no JSON form\"}}\n");
  EXPECT_TRUE(TestService::WaitUntil([&] { return server.service.export_ended.load(); }));
  EXPECT_EQ(server.service.written, 1) << "the handler is told";
  server.service.export_unprintable = 0;
  response = client.Ask("GET", "/usuarios:exportar", "", "Accept: text/event-stream\r\n");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 500);
  EXPECT_EQ(response->body, R"({"code":13,"message":"the answer cannot be given: `criado_em` has no JSON form"})");
  EXPECT_EQ(client.Ask("GET", "/usuarios/u1")->status, 200) << "the connection goes on";
}

TEST(StreamTest, Http10EndsWithTheConnection) {
  TestServer server;
  TestClient client(server.address());
  client.Send("GET /usuarios:exportar HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  auto all = client.ReceiveAll();
  ASSERT_TRUE(all);
  EXPECT_THAT(*all, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(*all, EndsWith("\r\n\r\n{\"id\":\"0\",\"nome\":\"xxxxxxxxxx\"}\n{\"id\":\"1\",\"nome\":\"xxxxxxxxxx\"}\n"
                             "{\"id\":\"2\",\"nome\":\"xxxxxxxxxx\"}\n"));
}

TEST(StreamTest, HeadHasNoBodyAndDoesNotCallTheMethod) {
  TestServer server;
  server.service.export_count = 1'000'000'000;
  TestClient client(server.address());
  auto response = client.Ask("HEAD", "/usuarios:exportar");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->headers["content-type"], "application/x-ndjson");
  EXPECT_EQ(client.Ask("GET", "/usuarios/u1")->status, 200);
  EXPECT_EQ(server.service.written, 0);
}

TEST(StreamTest, KeepsItsPlaceInThePipeline) {
  TestServer server;
  TestClient client(server.address());
  client.Send(
      "GET /usuarios/espera1 HTTP/1.1\r\nHost: a\r\n\r\nGET /usuarios:exportar HTTP/1.1\r\nHost: a\r\n\r\n"
      "GET /usuarios/u3 HTTP/1.1\r\nHost: a\r\n\r\n");
  server.service.gate.WaitFor(1);
  server.service.gate.Release();
  EXPECT_THAT(client.Receive()->body, HasSubstr("espera1"));
  auto stream = client.Receive();
  ASSERT_TRUE(stream);
  EXPECT_EQ(std::count(stream->body.begin(), stream->body.end(), '\n'), 3);
  EXPECT_THAT(client.Receive()->body, HasSubstr("u3"));
}

TEST(StreamTest, ASlowReaderHoldsTheHandlerBack) {
  TestServer server([](Config& config) { config.write_timeout = absl::Minutes(10); });
  server.service.export_count = 40'000;
  server.service.export_size = 1000;
  TestClient client(server.address());
  client.Request("GET", "/usuarios:exportar");
  // It stops when the kernel's buffers and ours are full, far before the end.
  EXPECT_LT(testing::AtRest(server.service.written, std::chrono::milliseconds(20)), 20'000);
  EXPECT_FALSE(server.service.export_ended);
  auto response = client.Receive();
  ASSERT_TRUE(response);
  EXPECT_EQ(std::count(response->body.begin(), response->body.end(), '\n'), 40'000);
}

TEST(StreamTest, AQuickStreamLeavesTheWorkerTimeForOthers) {
  TestServer server;
  server.service.export_count = 1'000'000'000;
  server.service.export_size = 1000;
  TestClient reader(server.address());
  reader.Request("GET", "/usuarios:exportar");
  std::thread drain([&] {
    char bytes[65536];
    while (recv(reader.fd(), bytes, sizeof bytes, 0) > 0) {
    }
  });
  EXPECT_TRUE(TestService::WaitUntil([&] { return server.service.written > 1000; }));
  TestClient other(server.address());
  for (int i = 0; i < 10; ++i) EXPECT_EQ(other.Ask("GET", "/usuarios/u1")->status, 200);
  shutdown(reader.fd(), SHUT_RDWR);
  drain.join();
  EXPECT_TRUE(TestService::WaitUntil([&] { return server.service.export_ended.load(); }));
}

TEST(StreamTest, AClientThatGoesEndsTheHandler) {
  TestServer server;
  server.service.export_count = 1'000'000'000;
  server.service.export_size = 1000;
  TestClient client(server.address());
  client.Request("GET", "/usuarios:exportar");
  EXPECT_TRUE(TestService::WaitUntil([&] { return server.service.written > 0; }));
  client.Close();
  EXPECT_TRUE(TestService::WaitUntil([&] { return server.service.export_ended.load(); }));
  EXPECT_EQ(server.service.cancelled, 1);
}

TEST(StreamTest, TheDeadlineEndsItWithALine) {
  TestServer server([](Config& config) { config.stream_timeout = absl::Milliseconds(100); });
  server.service.export_count = 1'000'000'000;
  TestClient client(server.address());
  auto response = client.Ask("GET", "/usuarios:exportar");
  ASSERT_TRUE(response);
  EXPECT_THAT(response->body, EndsWith("\n{\"error\":{\"code\":4,\"message\":\"the deadline has passed\"}}\n"));
  EXPECT_TRUE(TestService::WaitUntil([&] { return server.service.export_ended.load(); }));
}

constexpr char kAcceptEvents[] = "Accept: text/event-stream\r\n";

TEST(EventStreamTest, OneEventForEachMessageAndOneForTheEnd) {
  TestServer server;
  server.service.export_count = 2;
  TestClient client(server.address());
  auto response = client.Ask("GET", "/usuarios:exportar", "", kAcceptEvents);
  ASSERT_TRUE(response);
  EXPECT_EQ(response->headers["content-type"], "text/event-stream");
  EXPECT_EQ(response->headers["cache-control"], "no-cache");
  EXPECT_EQ(response->body,
            "data: {\"id\":\"0\",\"nome\":\"xxxxxxxxxx\"}\n\ndata: {\"id\":\"1\",\"nome\":\"xxxxxxxxxx\"}\n\n"
            "event: end\ndata: {}\n\n");
}

TEST(EventStreamTest, FailsWithAStatusBeforeTheFirstMessageAndWithAnEventAfterIt) {
  TestServer server;
  server.service.export_fails = true;
  TestClient client(server.address());
  auto response = client.Ask("GET", "/usuarios:exportar", "", kAcceptEvents);
  ASSERT_TRUE(response);
  EXPECT_THAT(response->body,
              EndsWith("}\n\nevent: error\ndata: {\"code\":10,\"message\":\"the export broke off\"}\n\n"));
  server.service.export_count = 0;
  response = client.Ask("GET", "/usuarios:exportar", "", kAcceptEvents);
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 409);
  EXPECT_EQ(response->headers["content-type"], "application/json");
}

// Reads on until `text` has come.
bool ReceiveUntil(TestClient& client, std::string_view text, std::string* all) {
  timeval limit{20, 0};
  setsockopt(client.fd(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  while (all->find(text) == std::string::npos) {
    char bytes[4096];
    const ssize_t count = recv(client.fd(), bytes, sizeof bytes, 0);
    if (count <= 0) return false;
    all->append(bytes, static_cast<size_t>(count));
  }
  return true;
}

TEST(EventStreamTest, ASilentOneShowsThatItLives) {
  TestServer server([](Config& config) { config.event_keepalive = absl::Milliseconds(50); });
  server.service.export_waits = true;
  server.service.export_fails = true;
  TestClient client(server.address());
  client.Request("GET", "/usuarios:exportar", "", kAcceptEvents);
  std::string all;
  ASSERT_TRUE(ReceiveUntil(client, "\r\n\r\n", &all)) << "the head comes before there is a message";
  EXPECT_THAT(all, HasSubstr("HTTP/1.1 200 OK"));
  EXPECT_THAT(all, HasSubstr("Content-Type: text/event-stream\r\n"));
  EXPECT_THAT(all, HasSubstr("x-accel-buffering: no\r\n"));
  ASSERT_TRUE(ReceiveUntil(client, "3\r\n:\n\n\r\n3\r\n:\n\n\r\n", &all)) << "and comments";
  server.service.gate.Release();
  ASSERT_TRUE(ReceiveUntil(client, "data: {\"id\":\"2\"", &all));
  ASSERT_TRUE(ReceiveUntil(client, "event: error\ndata: {\"code\":10", &all)) << "a failure is an event by then";
  ASSERT_TRUE(ReceiveUntil(client, "\r\n0\r\n\r\n", &all));
  EXPECT_TRUE(client.Quiet(std::chrono::milliseconds(150))) << "nothing follows the end";
  EXPECT_EQ(client.Ask("GET", "/usuarios/u1")->status, 200);
}

TEST(EventStreamTest, WithoutKeepAliveTheHeadComesAllTheSame) {
  TestServer server([](Config& config) { config.event_keepalive = absl::ZeroDuration(); });
  server.service.export_waits = true;
  TestClient client(server.address());
  client.Request("GET", "/usuarios:exportar", "", kAcceptEvents);
  std::string all;
  ASSERT_TRUE(ReceiveUntil(client, "\r\n\r\n", &all));
  EXPECT_TRUE(client.Quiet(std::chrono::milliseconds(100)));
  client.Close();
  server.service.gate.Release();
  EXPECT_TRUE(TestService::WaitUntil([&] { return server.service.export_ended.load(); }));
}

TEST(EventStreamTest, HeadNamesTheFormat) {
  TestServer server;
  TestClient client(server.address());
  EXPECT_EQ(client.Ask("HEAD", "/usuarios:exportar", "", kAcceptEvents)->headers["content-type"], "text/event-stream");
}

class RawStreamTest : public ::testing::Test {
 protected:
  EchoServer server{*mapping_test::File::descriptor()->file()->FindServiceByName("Streams")};
  TestClient client{server.address()};
};

TEST_F(RawStreamTest, IsBytesOfTheFirstMessagesType) {
  client.Send("POST /raw HTTP/1.1\r\nHost: a\r\nAccept: image/png\r\nContent-Type: image/png\r\n");
  client.Send("Content-Length: 3\r\n\r\nabc");
  auto response = client.Receive();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->headers["content-type"], "image/png");
  EXPECT_EQ(response->body, "abcabcabc");
  EXPECT_EQ(client.Ask("GET", "/fields?name=a&note=n")->body, "\"n\"\n\"n\"\n\"n\"\n") << "response_body of each";
}

TEST_F(RawStreamTest, IsCutWhenItFailsMidway) {
  client.Send("POST /failing HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nabc");
  auto all = client.ReceiveAll();
  ASSERT_TRUE(all) << "the connection is closed";
  EXPECT_THAT(*all, EndsWith("\r\n\r\n3\r\nabc\r\n3\r\nabc\r\n3\r\nabc\r\n")) << "and the last chunk is missing";
}

}  // namespace
}  // namespace tomada::pistache_http
