// A grpc_client in front of a real grpc_server in the same process.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <grpc/grpc.h>

#include "grpc_client.h"
#include "server_fixture.h"
#include "support/sync.h"

namespace tomada::testing {

class ClientCall : public TestCall {
 public:
  explicit ClientCall(std::chrono::nanoseconds timeout = std::chrono::seconds(20)) : TestCall(timeout) {}
};

class GrpcClientTest : public ::testing::Test {
 protected:
  using Config = grpc_client::Config;

  // With its last object gRPC ends as a whole, which can take ten seconds: not between two tests.
  static void SetUpTestSuite() { grpc_init(); }

  // Before the services that the server offers, those of a derived fixture too.
  void TearDown() override {
    client_.reset();
    server_.reset();
  }

  void StartServer(const std::string& listen = "127.0.0.1:0") {
    grpc_server::Config config;
    config.listen = *HostPort::Parse(listen);
    config.trusted_proxies = {"127.0.0.0/8"};
    server_ =
        std::make_unique<grpc_server::GrpcServer>(server_host_.MakeContext("grpc", config, {{"services", providers_}}));
    absl::Status started = server_->Start();
    ASSERT_TRUE(started.ok()) << started;
    if (address_.empty()) address_ = server_->address();
  }
  void StopServer() { ASSERT_TRUE(server_->Stop(std::chrono::steady_clock::now()).ok()); }

  void StartClient(Config config = {}) {
    config.target = address_;
    if (config.descriptor_set.empty() && !config.reflection) config.descriptor_set = USUARIOS_DESCRIPTOR_SET;
    client_ = std::make_unique<grpc_client::GrpcClient>(host_.MakeContext("cliente", config));
    absl::Status started = client_->Start();
    ASSERT_TRUE(started.ok()) << started;
  }
  void Start(Config config = {}) {
    StartServer();
    StartClient(std::move(config));
  }

  const Method& Find(const std::string& name) const {
    for (const Method& method : client_->services().at(0).methods) {
      if (method.descriptor->name() == name) return method;
    }
    throw std::logic_error("no method " + name);
  }

  // Calls ObterUsuario with dynamic messages, as a transport does; what it answers goes to `user`.
  absl::Status Obter(const std::string& id, Call& call, usuarios::Usuario* user = nullptr) {
    const Method& method = Find("ObterUsuario");
    std::unique_ptr<google::protobuf::Message> request(method.request_prototype->New());
    std::unique_ptr<google::protobuf::Message> response(method.response_prototype->New());
    request->GetReflection()->SetString(request.get(), request->GetDescriptor()->FindFieldByName("id"), id);
    const Logger log(host_.log, "test");
    absl::Status status = Await(InvokeUnary(method, call, log, *request, *response));
    usuarios::ObterUsuarioResponse answer;
    EXPECT_TRUE(answer.ParseFromString(response->SerializeAsString()));
    if (user != nullptr) *user = answer.usuario();
    return status;
  }
  absl::Status Obter(const std::string& id, usuarios::Usuario* user = nullptr) {
    ClientCall call;
    return Obter(id, call, user);
  }

  TestHost server_host_, host_;
  TestService service_;
  std::vector<Context::Used> providers_{{"x", &service_}};
  std::unique_ptr<grpc_server::GrpcServer> server_;
  std::string address_;
  std::unique_ptr<grpc_client::GrpcClient> client_;
};

}  // namespace tomada::testing
