// Methods that take a stream of requests: bodies of lines.
#include <poll.h>
#include <sys/socket.h>

#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "openapi/document.h"
#include "support/at_rest.h"
#include "support/stream_service.h"
#include "test_client.h"
#include "test_service.h"

namespace tomada::pistache_http {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using tomada::testing::StreamService;

class ClientStreamTest : public ::testing::Test {
 protected:
  void Start(const std::function<void(Config&)>& change = [](Config&) {}) {
    Config config;
    config.listen.port = 0;
    config.workers = 1;
    change(config);
    server_ = std::make_unique<Server>(config, Server::Providers{{"streams", &service_}}, QuietLogger());
    absl::Status started = server_->Start();
    ASSERT_TRUE(started.ok()) << started;
    client_.emplace(server_->address());
  }
  void Send(std::string_view target, std::string_view body, std::string_view type, std::string_view headers = "") {
    client_->Send(fmt::format("POST {} HTTP/1.1\r\nHost: a\r\nContent-Type: {}\r\nContent-Length: {}\r\n{}\r\n{}",
                              target, type, body.size(), headers, body));
  }
  TestResponse Post(std::string_view target, std::string_view body, std::string_view type = "application/x-ndjson",
                    std::string_view headers = "") {
    Send(target, body, type, headers);
    return client_->Receive().value_or(TestResponse());
  }
  void BeginChunked(std::string_view target, std::string_view headers = "") {
    client_->Send(fmt::format(
        "POST {} HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n{}\r\n",
        target, headers));
  }
  void SendChunk(std::string_view bytes) { client_->Send(fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes)); }
  // Appends to `got` until that ends with `end`.
  void ReceiveUntil(std::string_view end, std::string& got) {
    char byte;
    while (!got.ends_with(end)) {
      pollfd ready{client_->fd(), POLLIN, 0};
      ASSERT_EQ(poll(&ready, 1, 5000), 1) << got;
      ASSERT_EQ(recv(client_->fd(), &byte, 1, 0), 1) << got;
      got += byte;
    }
  }
  static std::string GetBeforeIt() { return "GET /add?value=5 HTTP/1.1\r\nHost: a\r\n\r\n"; }

  StreamService service_;
  std::unique_ptr<Server> server_;
  std::optional<TestClient> client_;
};

TEST_F(ClientStreamTest, EachLineIsAMessageAndTheAnswerIsOne) {
  Start();
  TestResponse response = Post("/add", "{\"value\":1}\n{\"value\":2}\n{\"value\":3}\n");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.headers["content-type"], "application/json");
  EXPECT_EQ(response.headers["resposta"], "sim");
  EXPECT_EQ(response.body, R"({"value":"6","count":"3"})");
  EXPECT_EQ(Post("/add", "{}\n").body, R"({"count":"1"})") << "the connection goes on";
}

TEST_F(ClientStreamTest, BlankLinesAreNoneAndTheLastNeedsNoEnd) {
  Start();
  EXPECT_EQ(Post("/add", "\r\n{\"value\":1}\r\n  \n\n{\"value\":2}").body, R"({"value":"3","count":"2"})");
  EXPECT_EQ(Post("/add", "{}", "application/jsonl; charset=utf-8").body, R"({"count":"1"})");
}

TEST_F(ClientStreamTest, JsonIsASingleMessage) {
  Start();
  EXPECT_EQ(Post("/add", "{\n\"value\":5\n}\n", "application/json").body, R"({"value":"5","count":"1"})");
  EXPECT_EQ(Post("/add", "{}\n{}\n", "application/json").status, 400);
}

TEST_F(ClientStreamTest, AnEmptyBodyIsAnEmptyStream) {
  Start();
  EXPECT_EQ(Post("/add", "").body, "{}");
  EXPECT_EQ(Post("/add", "", "application/json").body, "{}");
  EXPECT_EQ(client_->Ask("POST", "/add")->body, "{}");
}

TEST_F(ClientStreamTest, PathAndQueryAreInEachMessage) {
  Start();
  EXPECT_EQ(Post("/add/stop", "{\"value\":7}\n{\"value\":8}\n").body, R"({"value":"7","count":"1"})");
  EXPECT_EQ(Post("/nested?value=2", "{\"value\":1}\n{\"value\":1}\n").body, R"({"value":"4","count":"2"})");
  EXPECT_EQ(client_->Ask("GET", "/add?value=5")->body, R"({"value":"5","count":"1"})") << "without a body it is one";
}

TEST_F(ClientStreamTest, AWrongLineIsNamedWithItsField) {
  Start();
  TestResponse response = Post("/add", "{\"value\":1}\n\n{\"value\":\"x\"}\n");
  EXPECT_EQ(response.status, 400);
  EXPECT_THAT(response.body, HasSubstr("\"field\":\"value\""));
  EXPECT_THAT(response.body, HasSubstr(", in line 3\""));
  EXPECT_THAT(Post("/add", "{}\n{\"nada\":1}").body, HasSubstr(", in line 2\""));
  EXPECT_THAT(Post("/add", "{}\n{").body, HasSubstr(", in line 2\""));
  EXPECT_EQ(service_.running, 0);
}

TEST_F(ClientStreamTest, OtherMediaTypesAreRefused) {
  Start();
  TestResponse response = Post("/add", "{}", "text/plain");
  EXPECT_EQ(response.status, 415);
  EXPECT_THAT(response.body, HasSubstr("application/x-ndjson"));
  EXPECT_EQ(Post("/add", "{}", "application/x-ndjson; charset=latin1").status, 415);
  EXPECT_EQ(Post("/add", "{}", "application/x-ndjson", "Content-Encoding: gzip\r\n").status, 415);
}

TEST_F(ClientStreamTest, TheLimitIsOfEachLine) {
  Start([](Config& config) { config.max_body_size.bytes = 100; });
  const std::string longest = fmt::format("{{\"text\":\"{}\"}}", std::string(89, 'x'));
  EXPECT_EQ(longest.size(), 100u);
  std::string many;
  for (int i = 0; i < 1000; ++i) many += longest + "\n";
  EXPECT_EQ(Post("/add", many).body, R"({"count":"1000"})");
  EXPECT_EQ(Post("/add", std::string(101, '\n')).body, "{}");
  const TestResponse response = Post("/add", "{}\n {\"text\":\"" + std::string(89, 'x') + "\"}\n{}\n");
  EXPECT_EQ(response.status, 413);
  EXPECT_THAT(response.body, HasSubstr("line 2"));
  EXPECT_EQ(Post("/add", std::string(101, ' '), "application/json").status, 413) << "one message is no stream";
}

TEST_F(ClientStreamTest, ALineWithoutAnEndIsNotKept) {
  Start([](Config& config) { config.max_body_size.bytes = 100; });
  BeginChunked("/add");
  SendChunk(std::string(101, 'x'));
  EXPECT_EQ(client_->Receive()->status, 413);
  EXPECT_TRUE(client_->AtEnd());
  EXPECT_TRUE(TestService::WaitUntil([&] { return service_.running == 0; }));
}

TEST_F(ClientStreamTest, BothSidesTalkInTurn) {
  Start();
  BeginChunked("/echo");
  SendChunk("{\"value\":1}\n{\"val");
  std::string got;
  ReceiveUntil("{\"value\":\"1\"}\n\r\n", got);
  EXPECT_TRUE(client_->Quiet(std::chrono::milliseconds(20)));
  SendChunk("ue\":2}\n");
  ReceiveUntil("{\"value\":\"2\"}\n", got);
  client_->Send("0\r\n\r\n");
  ReceiveUntil("0\r\n\r\n", got);
  EXPECT_THAT(got, Not(HasSubstr("Connection: close")));
  EXPECT_EQ(Post("/add", "{}\n").status, 200) << "the connection goes on";
}

TEST_F(ClientStreamTest, AClientSendsNoMoreThanIsRead) {
  Start();
  BeginChunked("/add");
  SendChunk("{\"text\":\"wait\"}\n");
  ASSERT_TRUE(TestService::WaitUntil([&] { return service_.waiting == 1; }));
  const std::string chunk = fmt::format("{:x}\r\n{}\r\n", 64 << 10, std::string(64 << 10, '\n'));
  size_t sent = 0;
  for (int idle = 0; idle < 10;) {
    const ssize_t count = send(client_->fd(), chunk.data(), chunk.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count > 0) {
      sent += static_cast<size_t>(count);
    } else {
      ++idle;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    ASSERT_LT(sent, 64u << 20) << "the sockets take some, the server a little";
  }
  client_->Close(true);
  EXPECT_TRUE(TestService::WaitUntil([&] { return service_.running == 0; }));
  EXPECT_EQ(service_.last_end().code(), absl::StatusCode::kCancelled);
}

TEST_F(ClientStreamTest, AnAnswerBeforeTheEndClosesAndReachesWhoStillSends) {
  Start();
  BeginChunked("/add");
  SendChunk("{\"value\":5}\n{\"text\":\"stop\"}\n");
  for (int i = 0; i < 32; ++i) SendChunk(std::string(64 << 10, '\n'));
  const std::optional<TestResponse> response = client_->Receive();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->headers.at("connection"), "close");
}

TEST_F(ClientStreamTest, ABodyThatStopsIsRefused) {
  Start([](Config& config) { config.body_timeout = absl::Milliseconds(100); });
  BeginChunked("/add");
  for (int i = 0; i < 4; ++i) {
    SendChunk("{}\n");
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  EXPECT_EQ(service_.running, 1) << "what comes on is no body that stops";
  EXPECT_EQ(client_->Receive()->status, 408);
  EXPECT_TRUE(client_->AtEnd());
  EXPECT_TRUE(TestService::WaitUntil([&] { return service_.running == 0; }));
}

TEST_F(ClientStreamTest, InAConversationAClientMayListenForLong) {
  Start([](Config& config) { config.body_timeout = absl::Milliseconds(20); });
  BeginChunked("/echo");
  EXPECT_TRUE(client_->Quiet(std::chrono::milliseconds(100)));
  SendChunk("{\"value\":1}\n");
  std::string got;
  ReceiveUntil("{\"value\":\"1\"}\n\r\n", got);
  EXPECT_TRUE(client_->Quiet(std::chrono::milliseconds(100)));
  client_->Send("0\r\n\r\n");
  ReceiveUntil("0\r\n\r\n", got);
}

TEST_F(ClientStreamTest, ABodyThatIsNotHttpIsRefused) {
  Start();
  BeginChunked("/add");
  SendChunk("{}\n");
  ASSERT_TRUE(TestService::WaitUntil([&] { return service_.read == 1; }));
  client_->Send("xyz\r\n");
  EXPECT_EQ(client_->Receive()->status, 400);
  EXPECT_TRUE(client_->AtEnd());
  EXPECT_TRUE(TestService::WaitUntil([&] { return service_.running == 0; }));
}

TEST_F(ClientStreamTest, AClientThatGoesInTheMiddleEndsTheHandler) {
  Start();
  BeginChunked("/add");
  SendChunk("{}\n");
  ASSERT_TRUE(TestService::WaitUntil([&] { return service_.read == 1; }));
  client_->Close();
  EXPECT_TRUE(TestService::WaitUntil([&] { return service_.running == 0; }));
  EXPECT_EQ(service_.last_end().code(), absl::StatusCode::kCancelled);
}

TEST_F(ClientStreamTest, WhoAsksWhetherToSendIsToldSo) {
  Start();
  client_->Send(GetBeforeIt());
  BeginChunked("/echo", "Expect: 100-continue\r\n");
  std::string got;
  ReceiveUntil("HTTP/1.1 100 Continue\r\n\r\n", got);
  EXPECT_THAT(got, ::testing::StartsWith("HTTP/1.1 200 OK")) << "the one before it";
  SendChunk("{\"value\":1}\n");
  ReceiveUntil("{\"value\":\"1\"}\n", got);
}

TEST_F(ClientStreamTest, ManyShortLines) {
  Start();
  constexpr int kLines = 300'000;
  std::string body;
  for (int i = 0; i < kLines; ++i) body += "{}\n";
  EXPECT_EQ(Post("/add", body).body, fmt::format(R"({{"count":"{}"}})", kLines));
}

TEST_F(ClientStreamTest, ErrorsAreAnsweredAsAnyOthers) {
  Start();
  TestResponse response = Post("/add", "{\"text\":\"fail\"}\n{}\n");
  EXPECT_EQ(response.status, 400);
  EXPECT_THAT(response.body, HasSubstr("another one would be right"));
  response = Post("/add", "{\"text\":\"throw\"}\n");
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(response.body, "{\"code\":13,\"message\":\"internal error\"}");
}

TEST_F(ClientStreamTest, BothWaysIsAnsweredAsAStream) {
  Start();
  TestResponse response = Post("/echo", "{\"value\":1}\n{\"value\":2}\n");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.headers["content-type"], "application/x-ndjson");
  EXPECT_EQ(response.headers["resposta"], "sim");
  EXPECT_EQ(response.body, "{\"value\":\"1\"}\n{\"value\":\"2\"}\n{\"value\":\"2\"}\n");
  response = Post("/echo", "{\"value\":1}\n", "application/x-ndjson", "Accept: text/event-stream\r\n");
  EXPECT_EQ(response.headers["content-type"], "text/event-stream");
  EXPECT_EQ(response.body, "data: {\"value\":\"1\"}\n\ndata: {\"value\":\"1\"}\n\nevent: end\ndata: {}\n\n");
}

TEST_F(ClientStreamTest, BothWaysAWrongLineEndsTheStreamWithItsStatus) {
  Start();
  TestResponse response = Post("/echo", "{\"value\":1}\n{\"value\":\"x\"}\n");
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(response.body, HasSubstr("{\"value\":\"1\"}\n{\"error\":{\"code\":3,"));
  EXPECT_THAT(response.body, HasSubstr(", in line 2\""));
  EXPECT_EQ(Post("/echo", "{\"value\":\"x\"}\n").status, 400) << "before the first answer";
}

TEST_F(ClientStreamTest, BothWaysASlowReaderHoldsTheHandlerBackAndAGoneOneEndsIt) {
  Start([](Config& config) { config.write_timeout = absl::Minutes(10); });
  Send("/echo", "{\"text\":\"flood\"}\n", "application/x-ndjson");
  EXPECT_LT(testing::AtRest(service_.written, std::chrono::milliseconds(20)), 5000);
  client_->Close();
  EXPECT_TRUE(TestService::WaitUntil([&] { return service_.running == 0; }));
  EXPECT_EQ(service_.last_end().code(), absl::StatusCode::kCancelled);
}

TEST_F(ClientStreamTest, TheDeadlineEndsTheHandler) {
  Start([](Config& config) { config.request_timeout = absl::Milliseconds(100); });
  EXPECT_EQ(Post("/add", "{\"text\":\"wait\"}\n").status, 504);
  EXPECT_TRUE(TestService::WaitUntil([&] { return service_.running == 0; }));
  EXPECT_EQ(service_.last_end().code(), absl::StatusCode::kDeadlineExceeded);
}

TEST_F(ClientStreamTest, TheDocumentationHasThem) {
  const std::string document = MakeOpenApi({&service_.services()[0]}, {});
  const std::string number = R"({"schema":{"$ref":"#/components/schemas/streams_test.Number"})";
  EXPECT_THAT(document, HasSubstr(R"("requestBody":{"description":"A stream of messages.)"));
  EXPECT_THAT(document, HasSubstr(R"("content":{"application/json":)" + number));
  EXPECT_THAT(document, HasSubstr(R"(,"application/x-ndjson":)" + number)) << "the requests";
  EXPECT_THAT(document, HasSubstr(R"("content":{"application/x-ndjson":)" + number)) << "the answers of Echo";
}

}  // namespace
}  // namespace tomada::pistache_http
