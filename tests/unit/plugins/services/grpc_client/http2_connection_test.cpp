// Unary calls over our own HTTP/2, to a real server.
#include <thread>
#include <vector>

#include <gmock/gmock.h>

#include "client_fixture.h"
#include "http2_connection.h"
#include "support/false_server.h"
#include "support/fault_proxy.h"

namespace tomada::grpc_client {
namespace {

using namespace std::chrono_literals;
using tomada::testing::Await;
using tomada::testing::Eventually;
using tomada::testing::FalseServer;
using tomada::testing::FaultProxy;
using tomada::testing::Way;

class Http2ConnectionTest : public tomada::testing::GrpcClientTest {
 protected:
  void Connect(const std::string& target, Config config = {}) {
    connection_ = std::make_unique<Http2Connection>(target, config);
    ASSERT_TRUE(Eventually([&] { return connection_->Open(); }));
  }
  Task<> Carry(Http2Call& call, const std::string& id) {
    usuarios::ObterUsuarioRequest request;
    request.set_id(id);
    call.request = Frame(request);
    Http2Connection::Awaiter answered = connection_->Carry(call);
    co_await answered;
  }
  // What a call with this id ends with.
  grpc::Status Ask(const std::string& id, std::chrono::milliseconds time = 20s) {
    Http2Call call("/usuarios.Usuarios/ObterUsuario", InlineExecutor(), std::chrono::steady_clock::now() + time);
    Await(Carry(call, id));
    EXPECT_TRUE(call.sent);
    return call.status;
  }

  std::unique_ptr<Http2Connection> connection_;
};

TEST_F(Http2ConnectionTest, CarriesManyCallsAtOnce) {
  StartServer();
  Connect(address_);
  std::vector<std::thread> threads;
  std::atomic<int> right{0};
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      for (int k = 0; k < 200; ++k) {
        right += Ask(i % 2 ? "u1" : "x").error_code() == (i % 2 ? grpc::StatusCode::OK : grpc::StatusCode::NOT_FOUND);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, 1600);
}

TEST_F(Http2ConnectionTest, TheDeadlineEndsACallHereAndThere) {
  StartServer();
  Connect(address_);
  EXPECT_EQ(Ask("espera", 200ms).error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_TRUE(Eventually([&] { return service_.waiting == 0; }));
  EXPECT_TRUE(Ask("u1").ok());
}

TEST_F(Http2ConnectionTest, TheDeadlineEndsACallOfAServerThatIsSilent) {
  StartServer();
  FaultProxy proxy(static_cast<uint16_t>(HostPort::Parse(address_)->port));
  Connect(proxy.address());
  proxy.BlackHole(Way::kToServer);
  EXPECT_EQ(Ask("u1", 200ms).error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
}

TEST_F(Http2ConnectionTest, AServerThatDoesNotAnswerPingsIsGivenUp) {
  StartServer();
  FaultProxy proxy(static_cast<uint16_t>(HostPort::Parse(address_)->port));
  Config config;
  config.keepalive_time = config.keepalive_timeout = absl::Milliseconds(200);
  Connect(proxy.address(), config);
  proxy.BlackHole(Way::kToServer);
  EXPECT_EQ(Ask("u1").error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(Http2ConnectionTest, AStopEndsACallAndTakesNoMore) {
  StartServer();
  Connect(address_);
  Http2Call waiting("/usuarios.Usuarios/ObterUsuario", InlineExecutor(), std::chrono::steady_clock::now() + 20s);
  std::thread call([&] { Await(Carry(waiting, "espera")); });
  EXPECT_TRUE(Eventually([&] { return service_.waiting == 1; }));
  connection_->Stop();
  call.join();
  EXPECT_EQ(waiting.status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_FALSE(connection_->Open());
  Http2Call late("/usuarios.Usuarios/ObterUsuario", InlineExecutor(), std::chrono::steady_clock::now() + 20s);
  Await(Carry(late, "u1"));
  EXPECT_FALSE(late.sent);
}

TEST_F(Http2ConnectionTest, CancelEndsACall) {
  StartServer();
  Connect(address_);
  Http2Call call("/usuarios.Usuarios/ObterUsuario", InlineExecutor(), std::chrono::steady_clock::now() + 20s);
  std::thread canceller([&] {
    EXPECT_TRUE(Eventually([&] { return service_.waiting == 1; }));
    connection_->Cancel(call);
  });
  Await(Carry(call, "espera"));
  canceller.join();
  EXPECT_EQ(call.status.error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_TRUE(Eventually([&] { return service_.waiting == 0; }));
}

TEST_F(Http2ConnectionTest, ACallThatWasCancelledBeforeItWasSentEndsToo) {
  StartServer();
  Connect(address_);
  Http2Call call("/usuarios.Usuarios/ObterUsuario", InlineExecutor(), std::chrono::steady_clock::now() + 20s);
  Http2Connection::Awaiter answered = connection_->Carry(call);
  connection_->Cancel(call);
  EXPECT_TRUE(Ask("u1").ok());  // so that the cancelling has been looked at
  auto wait = [](Http2Connection::Awaiter& awaiter) -> Task<> { co_await awaiter; };
  Await(wait(answered));
  EXPECT_EQ(call.status.error_code(), grpc::StatusCode::CANCELLED);
}

TEST_F(Http2ConnectionTest, ALostConnectionEndsItsCallsAndIsMadeAgain) {
  StartServer();
  FaultProxy proxy(static_cast<uint16_t>(HostPort::Parse(address_)->port));
  Connect(proxy.address());
  std::thread cutter([&] {
    EXPECT_TRUE(Eventually([&] { return service_.waiting == 1; }));
    proxy.CutAll();
  });
  EXPECT_EQ(Ask("espera").error_code(), grpc::StatusCode::UNAVAILABLE);
  cutter.join();
  EXPECT_TRUE(Eventually([&] { return connection_->Open(); }));
  EXPECT_TRUE(Ask("u1").ok());
}

TEST_F(Http2ConnectionTest, ACallOfAConnectionThatIsNotThereIsNotSent) {
  connection_ = std::make_unique<Http2Connection>("127.0.0.1:1", Config());
  Http2Call call("/usuarios.Usuarios/ObterUsuario", InlineExecutor(), std::chrono::steady_clock::now() + 20s);
  Await(Carry(call, "u1"));
  EXPECT_FALSE(call.sent);
}

// An HTTP/2 frame (RFC 9113, section 4.1).
std::string FrameOf(char type, char flags, char stream, const std::string& payload = "") {
  return std::string{0, 0, static_cast<char>(payload.size()), type, flags, 0, 0, 0, stream} + payload;
}

// Reads until the head of a request has come.
bool AwaitRequest(int fd) {
  const auto read = [fd](size_t size) {
    std::string bytes(size, '\0');
    return size == 0 || ::recv(fd, bytes.data(), size, MSG_WAITALL) == static_cast<ssize_t>(size) ? bytes : "";
  };
  if (read(24).empty()) return false;  // the preface
  for (;;) {
    const std::string head = read(9);
    if (head.empty() || head[3] == 1) return !head.empty();
    read(static_cast<unsigned char>(head[0]) << 16 | static_cast<unsigned char>(head[1]) << 8 |
         static_cast<unsigned char>(head[2]));
  }
}

TEST_F(Http2ConnectionTest, AServerThatSendsNothingWithoutEndIsGivenUp) {
  const std::pair<const char*, std::string> floods[] = {
      {"empty DATA", FrameOf(0, 0, 1)},
      {"103 Early Hints", FrameOf(1, 4, 1,
                                  "\x08\x03"
                                  "103")},
      {"PING", FrameOf(6, 0, 0, "12345678")},
      {"WINDOW_UPDATE", FrameOf(8, 0, 0, std::string{0, 0, 0, 1})},
      {"PRIORITY", FrameOf(2, 0, 1, std::string(5, '\1'))},
      {"an unknown frame", FrameOf(99, 0, 0)},
  };
  for (const auto& [name, frame] : floods) {
    SCOPED_TRACE(name);
    std::atomic<bool> given_up{false};
    FalseServer server([&, frame = frame](int fd) {
      if (!FalseServer::Send(fd, FrameOf(4, 0, 0)) || !AwaitRequest(fd)) return;
      std::string many;
      for (int i = 0; i < 1000; ++i) many += frame;
      while (FalseServer::Send(fd, many)) continue;
      given_up = true;
    });
    Connect(server.address());
    EXPECT_FALSE(Ask("u1").ok());
    EXPECT_TRUE(Eventually([&] { return given_up.load(); }));
    connection_.reset();
  }
}

TEST_F(Http2ConnectionTest, TheComponentUsesIt) {
  Start();
  usuarios::Usuario user;
  EXPECT_TRUE(Eventually([&] { return Obter("agente", &user).ok() && user.nome() == "tomada"; })) << user.nome();
}

}  // namespace
}  // namespace tomada::grpc_client
