#include "service.h"

#include <optional>
#include <utility>

#include "email.h"
#include "errors.h"
#include "stored_user.h"
#include "validation.h"

namespace tomada::usuarios {

UsuariosService::UsuariosService(Table& table, PasswordHasher& hasher, ServiceOptions options)
    : table_(table), hasher_(hasher), options_(std::move(options)) {}

Service UsuariosService::Describe() {
  return ServiceBuilder(*api::Usuario::descriptor()->file()->FindServiceByName("Usuarios"))
      .Unary("CriarUsuario", this, &UsuariosService::CriarUsuario)
      .Unary("ObterUsuario", this, &UsuariosService::ObterUsuario)
      .Unary("ObterUsuarios", this, &UsuariosService::ObterUsuarios)
      .Unary("BuscarPorEmail", this, &UsuariosService::BuscarPorEmail)
      .Unary("AtualizarUsuario", this, &UsuariosService::AtualizarUsuario)
      .Unary("RemoverUsuario", this, &UsuariosService::RemoverUsuario)
      .Unary("VerificarSenha", this, &UsuariosService::VerificarSenha)
      .ServerStreaming("ExportarUsuarios", this, &UsuariosService::ExportarUsuarios)
      .Build();
}

Task<absl::Status> UsuariosService::ObterUsuario(Call& call, const api::ObterUsuarioRequest& request,
                                                 api::ObterUsuarioResponse& response) {
  if (absl::Status valid = Validate(request); !valid.ok()) co_return valid;
  absl::StatusOr<RecordPtr> record = co_await table_.Get(call, request.id());
  if (!record.ok()) co_return record.status();
  if (*record == nullptr) co_return NoUserWithThisId();
  co_return ReadUsuario(**record, *response.mutable_usuario());
}

Task<absl::Status> UsuariosService::BuscarPorEmail(Call& call, const api::BuscarPorEmailRequest& request,
                                                   api::BuscarPorEmailResponse& response) {
  if (absl::Status valid = Validate(request); !valid.ok()) co_return valid;
  absl::StatusOr<RecordPtr> record = co_await table_.Find(call, kEmailIndex, EmailKey(request.email()));
  if (!record.ok()) co_return record.status();
  if (*record == nullptr) co_return NoUserWithThisEmail();
  co_return ReadUsuario(**record, *response.mutable_usuario());
}

Task<absl::Status> UsuariosService::RemoverUsuario(Call& call, const api::RemoverUsuarioRequest& request,
                                                   google::protobuf::Empty&) {
  if (absl::Status valid = Validate(request); !valid.ok()) co_return valid;
  Operation operation;
  absl::StatusOr<Written> removed = co_await table_.Remove(call, operation, request.id(), std::nullopt);
  if (absl::IsNotFound(removed.status())) co_return NoUserWithThisId();
  co_return removed.status();
}

}  // namespace tomada::usuarios
