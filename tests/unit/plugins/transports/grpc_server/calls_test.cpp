// Calls through a real gRPC client: results, errors, metadata, deadlines, cancellation, limits.
#include <google/rpc/error_details.pb.h>
#include <google/rpc/status.pb.h>
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "server_fixture.h"
#include "support/metric_numbers.h"

namespace tomada::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class CallsTest : public GrpcServerTest {
 protected:
  // Sends `bytes` as they are, as the request of ObterUsuario.
  grpc::Status SendRaw(std::string_view bytes) {
    grpc::ClientContext context;
    Limit(context);
    grpc::Slice slice(bytes.data(), bytes.size());
    grpc::ByteBuffer request(&slice, 1), response;
    std::promise<grpc::Status> done;
    grpc::GenericStub(channel_).UnaryCall(&context, "/usuarios.Usuarios/ObterUsuario", {}, &request, &response,
                                          [&](grpc::Status status) { done.set_value(std::move(status)); });
    return done.get_future().get();
  }
};

TEST_F(CallsTest, UnaryAnswers) {
  StartServer();
  usuarios::Usuario user;
  grpc::Status status = Obter("u1", &user);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(user.nome(), "Ana");
}

// One call after the other, without a deadline of its client's: the server's own is watched for each.
class Caller {
 public:
  Caller(const std::string& address, int calls) : stub_(usuarios::Usuarios::NewStub(Connect(address))), left_(calls) {
    request_.set_id("u1");
  }
  void Call() {
    context_ = std::make_unique<grpc::ClientContext>();
    stub_->async()->ObterUsuario(context_.get(), &request_, &response_, [this](const grpc::Status& status) {
      failed_ += status.ok() ? 0 : 1;
      if (--left_ > 0) return Call();
      done_.set_value();
    });
  }
  // How many of the calls have failed.
  int Await() {
    done_.get_future().wait();
    return failed_;
  }

 private:
  const std::unique_ptr<usuarios::Usuarios::Stub> stub_;
  std::unique_ptr<grpc::ClientContext> context_;
  usuarios::ObterUsuarioRequest request_;
  usuarios::ObterUsuarioResponse response_;
  int left_, failed_ = 0;
  std::promise<void> done_;
};

// A handler may end on its executor before gRPC's thread has let go of the call; what they share must bear that.
TEST_F(CallsTest, ManyShortOnesAtOnce) {
  StartServer();
  std::vector<std::unique_ptr<Caller>> callers;
  for (int i = 0; i < 64; ++i) callers.push_back(std::make_unique<Caller>(server_->address(), 1000));
  for (const auto& caller : callers) caller->Call();
  for (const auto& caller : callers) EXPECT_EQ(caller->Await(), 0);
}

TEST_F(CallsTest, AreCountedByMethodAndCode) {
  StartServer();
  EXPECT_TRUE(Obter("u1").ok());
  EXPECT_TRUE(Obter("u1").ok());
  EXPECT_FALSE(Obter("x").ok());
  EXPECT_FALSE(SendRaw("\x0a\xff").ok());
  const std::string method = "transport=grpc,service=usuarios.Usuarios,method=ObterUsuario";
  std::map<std::string, double> numbers = Numbers(*host_.metrics);
  EXPECT_EQ(numbers["tomada_requests_total{" + method + ",code=OK}"], 2);
  EXPECT_EQ(numbers["tomada_requests_total{" + method + ",code=NOT_FOUND}"], 1);
  EXPECT_EQ(numbers["tomada_requests_total{" + method + ",code=INVALID_ARGUMENT}"], 1);
  EXPECT_EQ(numbers["tomada_request_duration_seconds{" + method + "}"], 4);
  EXPECT_EQ(numbers["tomada_requests_in_flight{" + method + "}"], 0);
}

TEST_F(CallsTest, ErrorsKeepCodeAndMessage) {
  StartServer();
  grpc::Status status = Obter("x");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(status.error_message(), "no such user");
  EXPECT_EQ(status.error_details(), "");
}

TEST_F(CallsTest, DetailsTravel) {
  StartServer();
  grpc::Status status = Obter("detalhes");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  google::rpc::Status rpc;
  ASSERT_TRUE(rpc.ParseFromString(status.error_details()));
  EXPECT_EQ(rpc.code(), 3);
  EXPECT_EQ(rpc.message(), status.error_message());
  google::rpc::BadRequest bad;
  ASSERT_EQ(rpc.details_size(), 1);
  ASSERT_TRUE(rpc.details(0).UnpackTo(&bad));
  EXPECT_EQ(bad.field_violations(0).field(), "id");
}

TEST_F(CallsTest, ThrowingHandlerIsInternalWithoutItsText) {
  StartServer();
  grpc::ClientContext context;
  Limit(context);
  context.AddMetadata("x-request-id", "pedido-7");
  grpc::Status status = Obter("lanca", context);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INTERNAL);
  EXPECT_THAT(status.error_message(), Not(HasSubstr("segredo")));
  EXPECT_THAT(host_.log->text(), HasSubstr("segredo"));
  EXPECT_THAT(host_.log->text(), HasSubstr("pedido-7"));
  EXPECT_TRUE(Obter("u1").ok());
}

TEST_F(CallsTest, UnknownMethodsAreUnimplemented) {
  StartServer();
  grpc::ClientContext context;
  Limit(context);
  usuarios::RemoverUsuarioRequest request;
  google::protobuf::Empty response;
  grpc::Status status = stub_->RemoverUsuario(&context, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNIMPLEMENTED);
  EXPECT_THAT(status.error_message(), HasSubstr("usuarios.Usuarios.RemoverUsuario"));
}

TEST_F(CallsTest, RequestThatDoesNotParseIsInvalid) {
  StartServer();
  grpc::Status status = SendRaw("\x0a\xff");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(status.error_message(), "the request is not a valid usuarios.ObterUsuarioRequest");
  EXPECT_EQ(SendRaw("\x0a\x02\xc3\x28").error_code(), grpc::StatusCode::INVALID_ARGUMENT) << "not UTF-8";
}

TEST_F(CallsTest, LargeRequestOfManySlicesIsParsed) {
  StartServer();
  EXPECT_EQ(Obter(std::string(1 << 20, 'x')).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(CallsTest, LargeResponseArrives) {
  StartServer();
  usuarios::Usuario user;
  ASSERT_TRUE(Obter("grande", &user).ok());
  EXPECT_EQ(user.nome().size(), size_t{1} << 20);
}

TEST_F(CallsTest, RequestOverTheLimitIsRefused) {
  Config config;
  config.max_message_size.bytes = 1024;
  StartServer(config);
  EXPECT_EQ(Obter(std::string(2000, 'x')).error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_TRUE(Obter("u1").ok());
}

TEST_F(CallsTest, CompressedRequestIsRefused) {
  StartServer();
  grpc::ClientContext context;
  Limit(context);
  context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
  EXPECT_EQ(Obter(std::string(10000, 'x'), context).error_code(), grpc::StatusCode::UNIMPLEMENTED);
}

TEST_F(CallsTest, MetadataGoesBothWays) {
  StartServer();
  grpc::ClientContext context;
  Limit(context);
  context.AddMetadata("quem", "Bia");
  usuarios::Usuario user;
  ASSERT_TRUE(Obter("quem", context, &user).ok());
  EXPECT_EQ(user.nome(), "Bia");
  auto found = context.GetServerInitialMetadata().find("resposta");
  ASSERT_NE(found, context.GetServerInitialMetadata().end());
  EXPECT_EQ(found->second, "sim");
}

TEST_F(CallsTest, HandlersKeepToTheirExecutor) {
  StartServer();
  std::vector<std::thread> clients;
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back([this] {
      for (int each = 0; each < 20; ++each) {
        usuarios::Usuario user;
        EXPECT_TRUE(Obter("fio", &user).ok());
        EXPECT_EQ(user.nome(), "mesmo");
      }
    });
  }
  for (std::thread& client : clients) client.join();
}

TEST_F(CallsTest, HandlerSeesWhereTheClientIs) {
  StartServer();
  grpc::ClientContext context;
  Limit(context);
  context.AddMetadata("x-forwarded-for", "198.51.100.1");
  usuarios::Usuario user;
  ASSERT_TRUE(Obter("origem", context, &user).ok());
  EXPECT_EQ(user.nome(), "127.0.0.1") << "a client's own word";
}

TEST_F(CallsTest, HandlerSeesWhereTheClientOfATrustedProxyIs) {
  grpc_server::Config config;
  config.trusted_proxies = {"127.0.0.0/8"};
  StartServer(config);
  grpc::ClientContext context;
  Limit(context);
  context.AddMetadata("x-forwarded-for", "192.0.2.66, 198.51.100.1");
  usuarios::Usuario user;
  ASSERT_TRUE(Obter("origem", context, &user).ok());
  EXPECT_EQ(user.nome(), "198.51.100.1");
}

TEST_F(CallsTest, NamesOfMiddlewareDoNotComeFromOutside) {
  StartServer();
  grpc::ClientContext context;
  Limit(context);
  context.AddMetadata("tomada-principal", "root");
  usuarios::Usuario user;
  ASSERT_TRUE(Obter("reservado", context, &user).ok());
  EXPECT_EQ(user.nome(), "ninguem");
}

TEST_F(CallsTest, HandlerSeesTheClientsDeadline) {
  StartServer();
  grpc::ClientContext context;
  Limit(context, std::chrono::seconds(10));
  usuarios::Usuario user;
  ASSERT_TRUE(Obter("prazo", context, &user).ok());
  EXPECT_GT(std::stoi(user.nome()), 5000);
  EXPECT_LE(std::stoi(user.nome()), 10100);  // on the wire, tenths of a second, rounded up
}

TEST_F(CallsTest, WithoutDeadlineTheDefaultCountsAndLongOnesAreCapped) {
  Config config;
  config.default_deadline = absl::Seconds(7);
  config.max_deadline = absl::Seconds(50);
  StartServer(config);
  usuarios::Usuario user;
  grpc::ClientContext none;
  ASSERT_TRUE(Obter("prazo", none, &user).ok());
  EXPECT_LE(std::stoi(user.nome()), 7000);
  EXPECT_GT(std::stoi(user.nome()), 3000);
  grpc::ClientContext generous;
  Limit(generous, std::chrono::hours(10));
  ASSERT_TRUE(Obter("prazo", generous, &user).ok());
  EXPECT_LE(std::stoi(user.nome()), 50000);
  EXPECT_GT(std::stoi(user.nome()), 40000);
}

TEST_F(CallsTest, ClientsDeadlineEndsTheHandler) {
  StartServer();
  grpc::ClientContext context;
  Limit(context, std::chrono::milliseconds(100));
  EXPECT_EQ(Obter("espera", context).error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  ASSERT_TRUE(Eventually([&] { return service_.waiting == 0 && !service_.last_end().ok(); }));
  EXPECT_EQ(service_.last_end().code(), absl::StatusCode::kDeadlineExceeded);
}

TEST_F(CallsTest, DefaultDeadlineEndsTheHandler) {
  Config config;
  config.default_deadline = absl::Milliseconds(100);
  StartServer(config);
  grpc::ClientContext context;
  grpc::Status status = Obter("espera", context);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_EQ(status.error_message(), "the call has taken longer than the server allows");
  EXPECT_EQ(service_.waiting, 0);
}

TEST_F(CallsTest, ClientThatCancelsReachesTheHandler) {
  StartServer();
  grpc::ClientContext context;
  Limit(context);
  std::thread canceller([&] {
    EXPECT_TRUE(Eventually([&] { return service_.waiting == 1; }));
    context.TryCancel();
  });
  EXPECT_EQ(Obter("espera", context).error_code(), grpc::StatusCode::CANCELLED);
  canceller.join();
  ASSERT_TRUE(Eventually([&] { return service_.waiting == 0; }));
  EXPECT_EQ(service_.last_end().code(), absl::StatusCode::kCancelled);
}

TEST_F(CallsTest, CallsOverTheLimitAreRefusedAtOnce) {
  Config config;
  config.max_concurrent_calls = 1;
  StartServer(config);
  grpc::ClientContext context;
  Limit(context);
  std::thread first([&] { Obter("espera", context); });
  ASSERT_TRUE(Eventually([&] { return service_.waiting == 1; }));
  grpc::Status status = Obter("u1");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(status.error_message(), HasSubstr("its limit"));
  context.TryCancel();
  first.join();
  EXPECT_TRUE(Eventually([&] { return Obter("u1").ok(); }));
}

TEST_F(CallsTest, StreamAnswersInOrder) {
  StartServer();
  grpc::ClientContext context;
  Limit(context);
  auto reader = stub_->ExportarUsuarios(&context, {});
  std::string ids;
  for (usuarios::Usuario user; reader->Read(&user);) ids += user.id() + " ";
  grpc::Status status = reader->Finish();
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(ids, "u0 u1 u2 ");
  EXPECT_EQ(context.GetServerInitialMetadata().count("resposta"), 1u);
}

TEST_F(CallsTest, SlowReaderHoldsTheStreamBack) {
  StartServer();
  grpc::ClientContext context;
  Limit(context);
  context.AddMetadata("sem-fim", "1");
  auto reader = stub_->ExportarUsuarios(&context, {});
  usuarios::Usuario user;
  ASSERT_TRUE(reader->Read(&user));
  // Nobody reads: what gRPC buffers is bounded, and then the handler stands still.
  int before = -1;
  ASSERT_TRUE(Eventually([&] {
    const int now = service_.exported;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    return std::exchange(before, now) == now;
  }));
  EXPECT_LT(before, 5000);
  context.TryCancel();
  while (reader->Read(&user)) {
  }
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::CANCELLED);
  ASSERT_TRUE(Eventually([&] { return service_.exports_ended == 1; }));
  EXPECT_EQ(service_.last_end().code(), absl::StatusCode::kCancelled);
}

TEST_F(CallsTest, DefaultDeadlineEndsAStreamThatNobodyReads) {
  Config config;
  config.default_deadline = absl::Milliseconds(300);
  StartServer(config);
  grpc::ClientContext context;
  context.AddMetadata("sem-fim", "1");
  auto reader = stub_->ExportarUsuarios(&context, {});
  ASSERT_TRUE(Eventually([&] { return service_.exports_ended == 1; }));
  EXPECT_EQ(service_.last_end().code(), absl::StatusCode::kDeadlineExceeded);
  for (usuarios::Usuario user; reader->Read(&user);) {
  }
  EXPECT_FALSE(reader->Finish().ok());
}

TEST_F(CallsTest, ManyCallsAtOnce) {
  StartServer();
  std::vector<std::thread> clients;
  std::atomic<int> answered{0};
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back([&, i] {
      for (int k = 0; k < 100; ++k) {
        grpc::ClientContext context;
        Limit(context, std::chrono::milliseconds(i % 2 == 0 ? 20000 : 5));
        const grpc::Status status = Obter(i % 2 == 0 ? "u1" : "espera", context);
        if (status.error_code() == (i % 2 == 0 ? grpc::StatusCode::OK : grpc::StatusCode::DEADLINE_EXCEEDED)) {
          ++answered;
        }
      }
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(answered, 800);
  EXPECT_TRUE(Eventually([&] { return service_.waiting == 0; }));
}

}  // namespace
}  // namespace tomada::testing
