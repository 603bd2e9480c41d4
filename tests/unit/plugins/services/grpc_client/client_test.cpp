// Calls that go through grpc_client to a real server.
#include <google/rpc/error_details.pb.h>
#include <google/rpc/status.pb.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <iterator>
#include <new>
#include <thread>
#include <vector>

#include "client_fixture.h"
#include "metadata.h"
#include "tomada/status.h"

namespace tomada::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class ClientTest : public GrpcClientTest {
 protected:
  // Takes messages, each after a pause when `pause` says so, and as many as `most`.
  class Taker : public MessageWriter {
   public:
    Task<absl::Status> Write(const google::protobuf::Message& message) override {
      ++taken;
      last = message.ShortDebugString();
      if (taken >= most) co_return absl::CancelledError("enough");
      co_return absl::OkStatus();
    }
    int taken = 0;
    int most = 1 << 30;
    std::string last;
  };

  absl::Status Exportar(Call& call, MessageWriter& writer) {
    const Method& method = Find("ExportarUsuarios");
    std::unique_ptr<google::protobuf::Message> request(method.request_prototype->New());
    const Logger log(host_.log, "test");
    return Await(InvokeServerStreaming(method, call, log, *request, writer));
  }
};

TEST_F(ClientTest, OffersTheServicesOfTheDescriptorSet) {
  Start();
  ASSERT_EQ(client_->services().size(), 1u);
  EXPECT_EQ(client_->services()[0].descriptor->full_name(), "usuarios.Usuarios");
  EXPECT_EQ(client_->services()[0].methods.size(), 8u);
}

TEST_F(ClientTest, UnaryAnswers) {
  Start();
  usuarios::Usuario user;
  absl::Status status = Obter("u1", &user);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(user.nome(), "Ana");
}

TEST_F(ClientTest, SaysWhoItIs) {
  Start();
  usuarios::Usuario user;
  ASSERT_TRUE(Obter("agente", &user).ok());
  EXPECT_EQ(user.nome(), "tomada");
}

TEST_F(ClientTest, ErrorsComeWithTheirDetails) {
  Start();
  EXPECT_EQ(Obter("x"), absl::NotFoundError("no such user"));
  absl::Status status = Obter("detalhes");
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  google::rpc::BadRequest bad;
  ASSERT_EQ(ToRpcStatus(status).details_size(), 1);
  ASSERT_TRUE(ToRpcStatus(status).details(0).UnpackTo(&bad));
  EXPECT_EQ(bad.field_violations(0).field(), "id");
}

TEST_F(ClientTest, MethodThatTheServerLacksIsUnimplemented) {
  Start();
  ClientCall call;
  const Method& method = Find("RemoverUsuario");
  std::unique_ptr<google::protobuf::Message> request(method.request_prototype->New());
  std::unique_ptr<google::protobuf::Message> response(method.response_prototype->New());
  const Logger log(host_.log, "test");
  EXPECT_EQ(Await(InvokeUnary(method, call, log, *request, *response)).code(), absl::StatusCode::kUnimplemented);
}

TEST_F(ClientTest, MetadataGoesOnAndComesBack) {
  Start();
  ClientCall call;
  call.sent.Add("quem", "Bia");
  usuarios::Usuario user;
  ASSERT_TRUE(Obter("quem", call, &user).ok());
  EXPECT_EQ(user.nome(), "Bia");
  EXPECT_EQ(call.response_metadata().Find("resposta"), "sim");
}

// To a server that trusts this one.
TEST_F(ClientTest, TheClientsAddressAndTraceGoOn) {
  Start();
  ClientCall call;
  call.from.address = "198.51.100.7";
  call.sent.Add("x-forwarded-for", "192.0.2.66");  // the client's own invention
  call.sent.Add("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  usuarios::Usuario user;
  ASSERT_TRUE(Obter("origem", call, &user).ok());
  EXPECT_EQ(user.nome(), "198.51.100.7");
  std::string span;
  for (uint8_t byte : call.trace().span_id) span += std::to_string(byte) + ".";
  EXPECT_EQ(user.email(), span) << "the server's call is a child of this one";
  EXPECT_NE(user.email(), "0.240.103.170.11.169.2.183.");
}

TEST_F(ClientTest, ThePrincipalStaysHere) {
  ClientCall call;
  Principal ana;
  ana.kind = "api_key";
  ana.name = "ana-silva";
  call.set_principal(std::make_shared<Principal>(ana));
  call.sent.Add("tomada-principal", "ana-silva");
  call.sent.Add("authorization", "Bearer x");
  const Metadata sent = grpc_client::ToServer(call);
  for (const auto& [name, value] : sent.entries()) EXPECT_THAT(value, Not(HasSubstr("ana-silva"))) << name;
  EXPECT_EQ(sent.Find("authorization"), "Bearer x");
  EXPECT_EQ(sent.Find("traceparent"), std::nullopt) << "nobody has begun a trace";
  EXPECT_EQ(sent.Find("x-forwarded-for"), std::nullopt);
}

// Any of these would break the HTTP/2 request or abort the process.
TEST_F(ClientTest, MetadataOfTheConnectionAndIllegalOneStayHere) {
  Start();
  ClientCall call;
  call.sent.Add("quem", "Bia");
  for (const char* name : {"host", "connection", "te", "content-length", "content-type", "transfer-encoding",
                           "user-agent", ":path", "grpc-timeout", "grpc-encoding"}) {
    call.sent.Add(name, "1");
  }
  call.sent.Add("Nome Ilegal", "x");
  call.sent.Add("valor-ilegal", "a\nb\xff");
  call.sent.Add("binario-bin", std::string("\0\xff\n", 3));
  usuarios::Usuario user;
  absl::Status status = Obter("quem", call, &user);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(user.nome(), "Bia");
}

TEST_F(ClientTest, DeadlineTravels) {
  Start();
  ClientCall call(std::chrono::seconds(10));
  usuarios::Usuario user;
  ASSERT_TRUE(Obter("prazo", call, &user).ok());
  EXPECT_LE(std::stoi(user.nome()), 10100);  // on the wire, tenths of a second, rounded up
  EXPECT_GT(std::stoi(user.nome()), 5000);
}

TEST_F(ClientTest, TimeoutShortensTheDeadline) {
  Config config;
  config.timeout = absl::Milliseconds(200);
  Start(config);
  usuarios::Usuario user;
  ASSERT_TRUE(Obter("prazo", &user).ok());
  EXPECT_LE(std::stoi(user.nome()), 250);  // milliseconds; without it 30 s
  EXPECT_EQ(Obter("espera").code(), absl::StatusCode::kDeadlineExceeded);
}

TEST_F(ClientTest, CancelReachesTheServersHandler) {
  Start();
  ClientCall call;
  std::thread canceller([&] {
    EXPECT_TRUE(Eventually([&] { return service_.waiting == 1; }));
    call.Cancel(absl::CancelledError("the browser was closed"));
  });
  EXPECT_EQ(Obter("espera", call), absl::CancelledError("the browser was closed"));
  canceller.join();
  ASSERT_TRUE(Eventually([&] { return service_.waiting == 0; }));
  EXPECT_EQ(service_.last_end().code(), absl::StatusCode::kCancelled);
}

TEST_F(ClientTest, AnswerOverTheLimitIsResourceExhausted) {
  Config config;
  config.max_message_size.bytes = 1024;
  Start(config);
  EXPECT_EQ(Obter("grande").code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(Obter("u1").ok());
}

TEST_F(ClientTest, CallsOverTheLimitAreRefusedAtOnce) {
  Config config;
  config.max_concurrent_calls = 1;
  Start(config);
  ClientCall waiting;
  std::thread first([&] { Obter("espera", waiting).IgnoreError(); });
  ASSERT_TRUE(Eventually([&] { return service_.waiting == 1; }));
  EXPECT_EQ(Obter("u1").code(), absl::StatusCode::kResourceExhausted);
  waiting.Cancel(absl::CancelledError(""));
  first.join();
  EXPECT_TRUE(Obter("u1").ok());
}

// As when there is no memory left while a call is prepared.
class CallThatThrows final : public TestCall {
  void LoadMetadata(Metadata&) override { throw std::bad_alloc(); }
};

TEST_F(ClientTest, AnExceptionTakesNoCallFromTheLimit) {
  Config config;
  config.max_concurrent_calls = 1;
  Start(config);
  ASSERT_TRUE(Obter("u1").ok());
  for (int i = 0; i < 2; ++i) {
    CallThatThrows unary, stream;
    EXPECT_EQ(Obter("u1", unary).code(), absl::StatusCode::kInternal);
    Taker taker;
    EXPECT_EQ(Exportar(stream, taker).code(), absl::StatusCode::kInternal);
  }
  EXPECT_TRUE(Obter("u1").ok());
}

TEST_F(ClientTest, StopLeavesNoThread) {
  constexpr int kServers = 20;
  StartServer();
  Config config;
  for (int i = 0; i < kServers; ++i) config.targets.push_back(address_);
  config.descriptor_set = USUARIOS_DESCRIPTOR_SET;
  client_ = std::make_unique<grpc_client::GrpcClient>(host_.MakeContext("cliente", config));
  ASSERT_TRUE(client_->Start().ok());
  ASSERT_TRUE(Obter("u1").ok());
  const auto threads = [] { return std::distance(std::filesystem::directory_iterator("/proc/self/task"), {}); };
  const auto running = threads();
  ASSERT_TRUE(client_->Stop(std::chrono::steady_clock::now()).ok());
  EXPECT_LE(threads(), running - 2) << "gRPC, which the server is made of, has threads of its own, which come and go";
  EXPECT_TRUE(client_->Stop(std::chrono::steady_clock::now()).ok()) << "twice";
}

TEST_F(ClientTest, StreamArrivesInOrderWithMetadata) {
  Start();
  ClientCall call;
  Taker taker;
  absl::Status status = Exportar(call, taker);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(taker.taken, 3);
  EXPECT_EQ(taker.last, "id: \"u2\"");
  EXPECT_EQ(call.response_metadata().Find("resposta"), "sim");
}

TEST_F(ClientTest, WriterThatFailsEndsTheStreamAtTheServer) {
  Start();
  ClientCall call;
  call.sent.Add("sem-fim", "1");
  Taker taker;
  taker.most = 2;
  EXPECT_EQ(Exportar(call, taker), absl::CancelledError("enough"));
  ASSERT_TRUE(Eventually([&] { return service_.exports_ended == 1; }));
  EXPECT_EQ(service_.last_end().code(), absl::StatusCode::kCancelled);
}

TEST_F(ClientTest, CancelEndsAStream) {
  Start();
  ClientCall call;
  call.sent.Add("sem-fim", "1");
  Taker taker;
  std::thread canceller([&] {
    EXPECT_TRUE(Eventually([&] { return service_.exported > 0; }));
    call.Cancel(absl::CancelledError("the browser was closed"));
  });
  EXPECT_EQ(Exportar(call, taker), absl::CancelledError("the browser was closed"));
  canceller.join();
  ASSERT_TRUE(Eventually([&] { return service_.exports_ended == 1; }));
}

TEST_F(ClientTest, ServerThatIsAwayIsNamedAtOnce) {
  StartServer();
  StopServer();
  StartClient();
  absl::Status status = Obter("u1");
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), StartsWith(address_ + " cannot be reached: "));
  EXPECT_THAT(std::string(status.message()), HasSubstr("Connection refused"));
  ClientCall call;
  Taker taker;
  status = Exportar(call, taker);
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), StartsWith(address_ + " cannot be reached: "));
}

TEST_F(ClientTest, ManyCallsAtOnceSomeCancelled) {
  Start();
  std::vector<std::thread> threads;
  std::atomic<int> right{0};
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      for (int k = 0; k < 100; ++k) {
        ClientCall call;
        if (i % 2 == 0) {
          right += Obter("u1", call).ok();
        } else {
          std::thread canceller([&] { call.Cancel(absl::CancelledError("")); });
          right += Obter("espera", call).code() == absl::StatusCode::kCancelled;
          canceller.join();
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, 800);
  EXPECT_TRUE(Eventually([&] { return service_.waiting == 0; }));
}

}  // namespace
}  // namespace tomada::testing
