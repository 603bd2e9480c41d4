// What somebody would write by hand with grpc++: the callback service that its code generator makes, over a map. The
// gRPC transport is measured beside it.
//
//   grpc_callback_server HOST:PORT
#include <atomic>
#include <csignal>
#include <iostream>
#include <shared_mutex>
#include <string>
#include <unordered_map>

#include <absl/synchronization/mutex.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include "usuarios.grpc.pb.h"

namespace {

class Service final : public usuarios::Usuarios::CallbackService {
 public:
  Service() {
    usuarios::Usuario& user = users_["u1"];
    user.set_id("u1");
    user.set_nome("Ana");
    user.set_email("a@x.br");
    user.set_versao("AAAAAAAAAAAAAAAAAAAAAA");
    user.mutable_criado_em()->set_seconds(1700000000);
    user.mutable_atualizado_em()->set_seconds(1700000000);
  }

  grpc::ServerUnaryReactor* ObterUsuario(grpc::CallbackServerContext* context,
                                         const usuarios::ObterUsuarioRequest* request,
                                         usuarios::ObterUsuarioResponse* response) override {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    std::shared_lock lock(mutex_);
    auto found = users_.find(request->id());
    if (found == users_.end()) {
      reactor->Finish(grpc::Status(grpc::StatusCode::NOT_FOUND, "no such user"));
    } else {
      *response->mutable_usuario() = found->second;
      reactor->Finish(grpc::Status::OK);
    }
    return reactor;
  }

 private:
  std::shared_mutex mutex_;
  std::unordered_map<std::string, usuarios::Usuario> users_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: grpc_callback_server HOST:PORT\n";
    return 2;
  }
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);  // as the host does

  Service service;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(argv[1], grpc::InsecureServerCredentials());
  builder.RegisterService(&service);
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) return 1;
  std::cerr << "listening on " << argv[1] << std::endl;
  int signal = 0;
  sigwait(&ends, &signal);
  server->Shutdown(std::chrono::system_clock::now());
}
