// What the tests of the gRPC server and client share: a service that does what its request says.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <vector>

#include "support/eventually.h"
#include "tomada/service.h"
#include "tomada/testing/test_host.h"
#include "usuarios.pb.h"

namespace tomada::testing {

// usuarios.Usuarios without users. ObterUsuario does what the id says:
//   u1        a user of this id, named Ana
//   quem      a user named after the request metadata "quem"; response metadata "resposta" is set
//   reservado a user named after the request metadata "tomada-principal"
//   agente    a user named after the client's user-agent
//   detalhes  INVALID_ARGUMENT with a BadRequest for the field `id`
//   lanca     throws std::runtime_error("segredo")
//   espera    waits until the call is cancelled and returns why
//   prazo     a user whose name is the time left in milliseconds
//   grande    a user with a name of 1 MiB
//   fio       a user named "mesmo" when all of the handler ran on its executor's thread
//   origem    a user named after the client's address, with the parent of the call's span as e-mail
//   anything else is NOT_FOUND
// ExportarUsuarios sends users without end, as the client takes them, when the metadata "sem-fim" is there, else
// three. The other methods are not implemented.
class TestService : public ServiceProvider {
 public:
  TestService();
  absl::Status Start() override { return absl::OkStatus(); }
  absl::Status Stop(Deadline) override { return absl::OkStatus(); }
  const std::vector<Service>& services() const override { return services_; }

  std::atomic<int> waiting{0};   // calls inside "espera"
  std::atomic<int> exported{0};  // users written by ExportarUsuarios
  std::atomic<int> exports_ended{0};
  // Why the last call of "espera" or ExportarUsuarios ended.
  absl::Status last_end() const;

 private:
  Task<absl::Status> Obter(Call& call, const ::usuarios::ObterUsuarioRequest& request,
                           ::usuarios::ObterUsuarioResponse& response);
  Task<absl::Status> Exportar(Call& call, const ::usuarios::ExportarUsuariosRequest& request,
                              Writer<::usuarios::Usuario> responses);
  void SetEnd(const absl::Status& status);

  std::vector<Service> services_;
  mutable std::mutex mutex_;
  absl::Status last_end_;
};

}  // namespace tomada::testing
