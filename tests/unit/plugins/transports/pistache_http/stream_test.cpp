// Server streaming: lines of JSON, server-sent events, raw bytes.
#include <sys/socket.h>

#include <algorithm>
#include <thread>

#include <mapping_test.pb.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "echo_server.h"
#include "test_client.h"
#include "test_service.h"

namespace tomada::pistache_http {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

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
  int before = -1;
  EXPECT_TRUE(TestService::WaitUntil([&] {
    int now = server.service.written;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    return now > 0 && std::exchange(before, now) == now;
  }));
  EXPECT_LT(server.service.written, 20'000);
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

TEST(EventStreamTest, HeadNamesTheFormat) {
  TestServer server;
  TestClient client(server.address());
  EXPECT_EQ(client.Ask("HEAD", "/usuarios:exportar", "", kAcceptEvents)->headers["content-type"], "text/event-stream");
}

class RawStreamTest : public testing::Test {
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
