// What the service accepts. Every function answers OK, or INVALID_ARGUMENT with all that is wrong with the request, one
// violation a field, and never repeats a value.
#pragma once

#include <string_view>

#include <absl/status/status.h>
#include <absl/time/time.h>

#include "messages.h"

namespace tomada::usuarios {

inline constexpr int kMaxPageSize = 1000;

// `now` is what expira_em must lie after.
absl::Status Validate(const api::CriarUsuarioRequest& request, absl::Time now);
absl::Status Validate(const api::ObterUsuarioRequest& request);
absl::Status Validate(const api::ObterUsuariosRequest& request);
absl::Status Validate(const api::BuscarPorEmailRequest& request);
absl::Status Validate(const api::AtualizarUsuarioRequest& request, absl::Time now);
absl::Status Validate(const api::RemoverUsuarioRequest& request);
// Accepts a senha that is too short to be anyone's: it is wrong, as any other, and not invalid.
absl::Status Validate(const api::VerificarSenhaRequest& request);

// The fields of a user that an update changes.
struct Changes {
  bool nome = false;
  bool email = false;
  bool senha = false;
  bool expira_em = false;
  bool unknown = false;  // something that cannot be changed was named

  bool any() const { return nome || email || senha || expira_em; }
};

// The fields that `mascara` names, or, when it is empty, those of `usuario` that are set (AIP-134). `*` is all of them,
// but senha only where it is set: nobody has it to send it back. id and versao are no changes: they say which user and
// which version is meant.
Changes ChangesOf(const api::AtualizarUsuarioRequest& request);

// INVALID_ARGUMENT with one violation.
absl::Status Violation(std::string_view field, std::string_view description);

}  // namespace tomada::usuarios
