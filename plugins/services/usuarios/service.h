// The user service: every rule of it, over any table.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include <google/protobuf/empty.pb.h>

#include <absl/status/status.h>
#include <absl/time/time.h>

#include "messages.h"
#include "password_hasher.h"
#include "tomada/call.h"
#include "tomada/service.h"
#include "tomada/store.h"
#include "tomada/task.h"

namespace tomada::usuarios {

struct ServiceOptions {
  // A list without tamanho_pagina over gRPC is refused when its response would be larger.
  uint64_t max_list_bytes = 4 << 20;
  // The wall clock.
  std::function<absl::Time()> clock = [] { return absl::Now(); };
};

// Handlers of usuarios.Usuarios; the .proto says what each does. Thread-safe. Errors of the table that are not named
// there reach the client as they are.
class UsuariosService {
 public:
  // `table` is a UsersTable. Both references outlive this.
  UsuariosService(Table& table, PasswordHasher& hasher, ServiceOptions options);

  // The service with these handlers. Valid as long as this.
  Service Describe();

  Task<absl::Status> CriarUsuario(Call& call, const api::CriarUsuarioRequest& request,
                                  api::CriarUsuarioResponse& response);
  Task<absl::Status> ObterUsuario(Call& call, const api::ObterUsuarioRequest& request,
                                  api::ObterUsuarioResponse& response);
  Task<absl::Status> ObterUsuarios(Call& call, const api::ObterUsuariosRequest& request,
                                   api::ObterUsuariosResponse& response);
  Task<absl::Status> BuscarPorEmail(Call& call, const api::BuscarPorEmailRequest& request,
                                    api::BuscarPorEmailResponse& response);
  Task<absl::Status> AtualizarUsuario(Call& call, const api::AtualizarUsuarioRequest& request,
                                      api::AtualizarUsuarioResponse& response);
  Task<absl::Status> RemoverUsuario(Call& call, const api::RemoverUsuarioRequest& request,
                                    google::protobuf::Empty& response);
  Task<absl::Status> VerificarSenha(Call& call, const api::VerificarSenhaRequest& request,
                                    api::VerificarSenhaResponse& response);
  Task<absl::Status> ExportarUsuarios(Call& call, const api::ExportarUsuariosRequest& request,
                                      Writer<api::Usuario> usuarios);

 private:
  // ObterUsuarios without pages: every user, or RESOURCE_EXHAUSTED and an empty response.
  Task<absl::Status> ListAll(Call& call, api::ObterUsuariosResponse& response);

  // Replaces a hash made at another cost by one made at today's, now that the password is at hand. Answers the record's
  // version afterwards. Best effort: when it fails, the next verification tries again.
  Task<std::string> UpgradeHash(Call& call, std::string_view senha, RecordPtr record);

  Table& table_;
  PasswordHasher& hasher_;
  const ServiceOptions options_;
};

}  // namespace tomada::usuarios
