#include "validation.h"

#include <algorithm>
#include <optional>
#include <string>

#include "email.h"
#include "text.h"
#include "timestamp.h"
#include "tomada/status.h"

namespace tomada::usuarios {
namespace {

constexpr size_t kMaxIdBytes = 128;
constexpr size_t kMaxNomeCharacters = 200;
constexpr size_t kMinSenhaBytes = 8;
constexpr size_t kMaxSenhaBytes = 1024;
constexpr size_t kMaxRequestIdBytes = 128;

bool IsId(std::string_view id) {
  return !id.empty() && id.size() <= kMaxIdBytes && std::ranges::all_of(id, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

bool IsNome(std::string_view nome) {
  std::optional<size_t> count = CountCharacters(nome);
  return count && *count >= 1 && *count <= kMaxNomeCharacters;
}

bool IsSenha(std::string_view senha, size_t min_bytes) {
  return senha.size() >= min_bytes && senha.size() <= kMaxSenhaBytes && CountCharacters(senha);
}

bool IsExpiry(const google::protobuf::Timestamp& timestamp, absl::Time now) {
  std::optional<absl::Time> time = FromTimestamp(timestamp);
  return time && ToExpiry(*time) > now;
}

// The rule of each field is written once, whichever request it comes in.
class Checker {
 public:
  void Id(std::string_view field, std::string_view id) {
    Require(IsId(id), field, "must be 1 to 128 characters of A-Z, a-z, 0-9, _ and -");
  }
  void Nome(std::string_view field, std::string_view nome) {
    Require(IsNome(nome), field, "must be 1 to 200 characters of valid UTF-8");
  }
  void Email(std::string_view field, std::string_view email) {
    Require(IsEmailAddress(TrimSpace(email)), field,
            "must be an e-mail address of at most 254 bytes, such as nome@exemplo.com");
  }
  void Senha(std::string_view field, std::string_view senha) {
    Require(IsSenha(senha, kMinSenhaBytes), field, "must be 8 to 1024 bytes of valid UTF-8");
  }
  void ExpiraEm(std::string_view field, const google::protobuf::Timestamp& timestamp, absl::Time now) {
    Require(IsExpiry(timestamp, now), field, "must be a time in the future, at most in the year 9999");
  }
  void Require(bool good, std::string_view field, std::string_view description) {
    if (!good) violations_.Add(std::string(field), std::string(description));
  }

  absl::Status ToStatus() const { return violations_.ToStatus(); }

 private:
  FieldViolations violations_;
};

}  // namespace

absl::Status Validate(const api::CriarUsuarioRequest& request, absl::Time now) {
  Checker check;
  if (!request.has_usuario()) {
    check.Require(false, "usuario", "is required");
  } else {
    const api::Usuario& usuario = request.usuario();
    if (!usuario.id().empty()) check.Id("usuario.id", usuario.id());
    check.Nome("usuario.nome", usuario.nome());
    check.Email("usuario.email", usuario.email());
    if (!usuario.senha().empty()) check.Senha("usuario.senha", usuario.senha());
    if (usuario.has_expira_em()) check.ExpiraEm("usuario.expira_em", usuario.expira_em(), now);
  }
  const std::string& id = request.id_requisicao();
  check.Require(id.size() <= kMaxRequestIdBytes && CountCharacters(id), "id_requisicao",
                "must be at most 128 bytes of valid UTF-8");
  return check.ToStatus();
}

absl::Status Validate(const api::ObterUsuarioRequest& request) {
  Checker check;
  check.Id("id", request.id());
  return check.ToStatus();
}

absl::Status Validate(const api::ObterUsuariosRequest& request) {
  Checker check;
  check.Require(request.tamanho_pagina() >= 0 && request.tamanho_pagina() <= kMaxPageSize, "tamanho_pagina",
                "must be 1 to 1000, or left out");
  return check.ToStatus();
}

absl::Status Validate(const api::BuscarPorEmailRequest& request) {
  Checker check;
  check.Email("email", request.email());
  return check.ToStatus();
}

absl::Status Validate(const api::AtualizarUsuarioRequest& request, absl::Time now) {
  if (!request.has_usuario()) return Violation("usuario", "is required");
  const api::Usuario& usuario = request.usuario();
  Changes changes = ChangesOf(request);
  Checker check;
  check.Id("usuario.id", usuario.id());
  if (changes.nome) check.Nome("usuario.nome", usuario.nome());
  if (changes.email) check.Email("usuario.email", usuario.email());
  if (changes.senha) check.Senha("usuario.senha", usuario.senha());
  if (changes.expira_em && usuario.has_expira_em()) check.ExpiraEm("usuario.expira_em", usuario.expira_em(), now);
  check.Require(!changes.unknown, "mascara", "may name nome, email, senha and expira_em, or * for all");
  return check.ToStatus();
}

absl::Status Validate(const api::RemoverUsuarioRequest& request) {
  Checker check;
  check.Id("id", request.id());
  return check.ToStatus();
}

absl::Status Validate(const api::VerificarSenhaRequest& request) {
  Checker check;
  check.Email("email", request.email());
  check.Require(IsSenha(request.senha(), 1), "senha", "must be at most 1024 bytes of valid UTF-8, and not empty");
  return check.ToStatus();
}

Changes ChangesOf(const api::AtualizarUsuarioRequest& request) {
  Changes changes;
  if (request.mascara().paths().empty()) {
    const api::Usuario& usuario = request.usuario();
    changes.nome = !usuario.nome().empty();
    changes.email = !usuario.email().empty();
    changes.senha = !usuario.senha().empty();
    changes.expira_em = usuario.has_expira_em();
    return changes;
  }
  for (const std::string& path : request.mascara().paths()) {
    if (path == "nome") {
      changes.nome = true;
    } else if (path == "email") {
      changes.email = true;
    } else if (path == "senha") {
      changes.senha = true;
    } else if (path == "expira_em") {
      changes.expira_em = true;
    } else if (path == "*") {
      changes.nome = changes.email = changes.expira_em = true;
      changes.senha |= !request.usuario().senha().empty();
    } else if (path != "id" && path != "versao") {
      changes.unknown = true;
    }
  }
  return changes;
}

absl::Status Violation(std::string_view field, std::string_view description) {
  FieldViolations violations;
  violations.Add(std::string(field), std::string(description));
  return violations.ToStatus();
}

}  // namespace tomada::usuarios
