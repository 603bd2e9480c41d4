// Typed calls to a service in this process, and through grpc_client to the same one behind a real server: one code.
#include "tomada/service_client.h"

#include <google/rpc/error_details.pb.h>
#include <google/rpc/status.pb.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "client_fixture.h"
#include "support/stream_service.h"
#include "tomada/status.h"

namespace tomada::testing {
namespace {

using streams_test::Number;
using streams_test::Sum;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using usuarios::ExportarUsuariosRequest;
using usuarios::ObterUsuarioRequest;
using usuarios::ObterUsuarioResponse;
using usuarios::Usuario;

class TypedCallsTest : public GrpcClientTest, public ::testing::WithParamInterface<const char*> {
 protected:
  TypedCallsTest() { providers_.push_back({"streams", &streams_}); }

  bool remote() const { return GetParam() == std::string("ThroughGrpcClient"); }

  void SetUp() override {
    if (!remote()) {
      found_ = {{"usuarios", &service_}, {"streams", &streams_}};
      return;
    }
    Config config;
    config.reflection = true;
    Start(config);
    found_ = {{"cliente", client_.get()}};
  }

  ServiceClient Find(const google::protobuf::ServiceDescriptor& descriptor) {
    return *ServiceClient::Find(found_, descriptor, log_);
  }
  ServiceClient Usuarios() { return Find(*Usuario::descriptor()->file()->FindServiceByName("Usuarios")); }
  ServiceClient Streams() { return Find(*Number::descriptor()->file()->service(0)); }

  absl::Status Typed(const std::string& id, Call& call, Usuario* user = nullptr) {
    const auto obter = Usuarios().Unary<ObterUsuarioRequest, ObterUsuarioResponse>("ObterUsuario");
    ObterUsuarioRequest request;
    request.set_id(id);
    ObterUsuarioResponse response;
    absl::Status status = Await(obter(call, request, response));
    if (user != nullptr) *user = response.usuario();
    return status;
  }

  // 1, 2, 3 with these texts.
  static FunctionReader<Number> Numbers(std::vector<std::string> texts) {
    return FunctionReader<Number>([texts, given = size_t{0}](Number& number) mutable -> absl::StatusOr<bool> {
      if (given == texts.size()) return false;
      number.set_text(texts[given]);
      number.set_value(static_cast<int64_t>(++given));
      return true;
    });
  }

  StreamService streams_;
  const Logger log_{host_.log, "pedidos"};
  std::vector<std::pair<std::string, ServiceProvider*>> found_;
  ClientCall call_;
};

INSTANTIATE_TEST_SUITE_P(Provider, TypedCallsTest, ::testing::Values("InThisProcess", "ThroughGrpcClient"),
                         [](const auto& name) { return std::string(name.param); });

TEST_P(TypedCallsTest, AnswersAndErrorsWithTheirDetails) {
  Usuario user;
  absl::Status status = Typed("u1", call_, &user);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(user.nome(), "Ana");
  EXPECT_EQ(Typed("x", call_), absl::NotFoundError("no such user"));
  status = Typed("detalhes", call_);
  google::rpc::BadRequest bad;
  ASSERT_EQ(ToRpcStatus(status).details_size(), 1);
  ASSERT_TRUE(ToRpcStatus(status).details(0).UnpackTo(&bad));
  EXPECT_EQ(bad.field_violations(0).field(), "id");
}

TEST_P(TypedCallsTest, MetadataGoesAlongAndTheAnswersStaysThere) {
  call_.sent.Add("quem", "Bia");
  Usuario user;
  ASSERT_TRUE(Typed("quem", call_, &user).ok());
  EXPECT_EQ(user.nome(), "Bia");
  EXPECT_TRUE(call_.response_metadata().entries().empty());
}

TEST_P(TypedCallsTest, TheDeadlineGoesAlong) {
  ClientCall call(std::chrono::seconds(10));
  Usuario user;
  ASSERT_TRUE(Typed("prazo", call, &user).ok());
  EXPECT_LE(std::stoi(user.nome()), 10100);  // on the wire, tenths of a second, rounded up
  EXPECT_GT(std::stoi(user.nome()), 5000);
}

TEST_P(TypedCallsTest, CancelReachesTheHandler) {
  std::thread canceller([&] {
    EXPECT_TRUE(Eventually([&] { return service_.waiting == 1; }));
    call_.Cancel(absl::CancelledError("the browser was closed"));
  });
  EXPECT_EQ(Typed("espera", call_), absl::CancelledError("the browser was closed"));
  canceller.join();
  ASSERT_TRUE(Eventually([&] { return service_.waiting == 0; }));
  EXPECT_EQ(service_.last_end().code(), absl::StatusCode::kCancelled);
}

TEST_P(TypedCallsTest, WhatTheHandlerThrowsIsInternal) {
  absl::Status status = Typed("lanca", call_);
  EXPECT_EQ(status, absl::InternalError("internal error"));
}

TEST_P(TypedCallsTest, AStreamOfResponses) {
  const auto exportar = Usuarios().ServerStreaming<ExportarUsuariosRequest, Usuario>("ExportarUsuarios");
  int taken = 0;
  FunctionWriter<Usuario> each([&](const Usuario& usuario) {
    EXPECT_FALSE(usuario.id().empty());
    ++taken;
    return absl::OkStatus();
  });
  EXPECT_EQ(Await(exportar(call_, ExportarUsuariosRequest(), each)), absl::OkStatus());
  EXPECT_EQ(taken, 3);
}

TEST_P(TypedCallsTest, AStreamOfRequests) {
  const auto add = Streams().ClientStreaming<Number, Sum>("Add");
  FunctionReader<Number> numbers = Numbers({"", "", ""});
  Sum sum;
  EXPECT_EQ(Await(add(call_, numbers, sum)), absl::OkStatus());
  EXPECT_EQ(sum.value(), 6);
  FunctionReader<Number> refused = Numbers({"fail"});
  EXPECT_EQ(Await(add(call_, refused, sum)).code(), absl::StatusCode::kInvalidArgument);
}

TEST_P(TypedCallsTest, StreamsBothWays) {
  const auto echo = Streams().BidiStreaming<Number, Number>("Echo");
  FunctionReader<Number> numbers = Numbers({"", ""});
  std::vector<int64_t> values;
  FunctionWriter<Number> each([&](const Number& number) {
    values.push_back(number.value());
    return absl::OkStatus();
  });
  EXPECT_EQ(Await(echo(call_, numbers, each)), absl::OkStatus());
  EXPECT_THAT(values, ElementsAre(1, 2, 2));
}

class TypedCallsToAServerTest : public TypedCallsTest {};
INSTANTIATE_TEST_SUITE_P(Provider, TypedCallsToAServerTest, ::testing::Values("ThroughGrpcClient"));

TEST_P(TypedCallsToAServerTest, OneThatIsAwayIsUnavailable) {
  StopServer();
  absl::Status status = Typed("u1", call_);
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr(address_));
}

}  // namespace
}  // namespace tomada::testing
