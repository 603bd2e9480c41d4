// A real server on a free port, and a real client.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>

#include "grpc_server.h"
#include "test_service.h"
#include "usuarios.grpc.pb.h"

namespace tomada::testing {

// A channel of its own connection, without proxies.
inline std::shared_ptr<grpc::Channel> Connect(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 200);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

class GrpcServerTest : public ::testing::Test {
 protected:
  using Config = grpc_server::Config;

  // Before the services that it offers, those of a derived fixture too.
  void TearDown() override { server_.reset(); }

  // Starts with `config`, on a free port, and connects.
  void StartServer(Config config = {}) {
    config.listen.port = 0;
    server_ = std::make_unique<grpc_server::GrpcServer>(host_.MakeContext("grpc", config, {{"services", providers_}}));
    absl::Status started = server_->Start();
    ASSERT_TRUE(started.ok()) << started;
    host_.board->Report("usuarios", Readiness{true, {}});
    host_.board->Report("grpc", Readiness{true, {}});
    channel_ = Connect(server_->address());
    stub_ = usuarios::Usuarios::NewStub(channel_);
  }

  // No call of a test lasts longer.
  static void Limit(grpc::ClientContext& context, std::chrono::milliseconds limit = std::chrono::seconds(20)) {
    context.set_deadline(std::chrono::system_clock::now() + limit);
  }

  // Calls ObterUsuario; what it answers goes to `user`.
  grpc::Status Obter(const std::string& id, grpc::ClientContext& context, usuarios::Usuario* user = nullptr) {
    usuarios::ObterUsuarioRequest request;
    request.set_id(id);
    usuarios::ObterUsuarioResponse response;
    grpc::Status status = stub_->ObterUsuario(&context, request, &response);
    if (user != nullptr) *user = response.usuario();
    return status;
  }
  grpc::Status Obter(const std::string& id, usuarios::Usuario* user = nullptr) {
    grpc::ClientContext context;
    Limit(context);
    return Obter(id, context, user);
  }

  TestHost host_;
  TestService service_;
  std::vector<Context::Used> providers_{{"usuarios", &service_}};
  std::unique_ptr<grpc_server::GrpcServer> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<usuarios::Usuarios::Stub> stub_;
};

}  // namespace tomada::testing
