#include "test_service.h"

#include <chrono>
#include <stdexcept>
#include <thread>

#include "support/thread_rule.h"
#include "support/until_cancelled.h"
#include "tomada/status.h"

namespace tomada::testing {

TestService::TestService() {
  services_.push_back(ServiceBuilder(*::usuarios::CriarUsuarioRequest::descriptor()->file()->service(0))
                          .Unary("ObterUsuario", this, &TestService::Obter)
                          .ServerStreaming("ExportarUsuarios", this, &TestService::Exportar)
                          .Build());
}

absl::Status TestService::last_end() const {
  std::lock_guard lock(mutex_);
  return last_end_;
}

void TestService::SetEnd(const absl::Status& status) {
  std::lock_guard lock(mutex_);
  last_end_ = status;
}

Task<absl::Status> TestService::Obter(Call& call, const ::usuarios::ObterUsuarioRequest& request,
                                      ::usuarios::ObterUsuarioResponse& response) {
  ::usuarios::Usuario& user = *response.mutable_usuario();
  user.set_id(request.id());
  if (request.id() == "u1") {
    user.set_nome("Ana");
  } else if (request.id() == "quem") {
    user.set_nome(std::string(call.metadata().Find("quem").value_or("ninguem")));
    call.response_metadata().Add("resposta", "sim");
  } else if (request.id() == "reservado") {
    user.set_nome(std::string(call.metadata().Find("tomada-principal").value_or("ninguem")));
  } else if (request.id() == "agente") {
    user.set_nome(std::string(call.metadata().Find("user-agent").value_or("")));
  } else if (request.id() == "detalhes") {
    FieldViolations violations;
    violations.Add("id", "another one would be right");
    co_return violations.ToStatus();
  } else if (request.id() == "lanca") {
    throw std::runtime_error("segredo");
  } else if (request.id() == "espera") {
    ++waiting;
    UntilCancelled cancelled(call);
    co_await cancelled;
    SetEnd(call.status());
    --waiting;
    co_return call.status();
  } else if (request.id() == "prazo") {
    user.set_nome(std::to_string(call.time_left() / std::chrono::milliseconds(1)));
  } else if (request.id() == "fio") {
    const bool kept = co_await KeepsItsThread(call);
    user.set_nome(kept ? "mesmo" : "outro");
  } else if (request.id() == "origem") {
    user.set_nome(call.peer().address);
    for (uint8_t byte : call.trace().parent_id) user.set_email(user.email() + std::to_string(byte) + ".");
  } else if (request.id() == "grande") {
    user.set_nome(std::string(1 << 20, 'x'));
  } else {
    co_return absl::NotFoundError("no such user");
  }
  co_return absl::OkStatus();
}

Task<absl::Status> TestService::Exportar(Call& call, const ::usuarios::ExportarUsuariosRequest&,
                                         Writer<::usuarios::Usuario> responses) {
  const bool endless = call.metadata().Find("sem-fim").has_value();
  call.response_metadata().Add("resposta", "sim");
  absl::Status status;
  for (int i = 0; status.ok() && (endless || i < 3); ++i) {
    ::usuarios::Usuario user;
    user.set_id(std::to_string(i).insert(0, 1, 'u'));
    if (endless) user.set_nome(std::string(10000, 'x'));
    status = co_await responses.Write(user);
    ++exported;
  }
  SetEnd(status);
  ++exports_ended;
  co_return status;
}

}  // namespace tomada::testing
