// AtualizarUsuario.
#include <string>
#include <utility>

#include "email.h"
#include "errors.h"
#include "service.h"
#include "stored_user.h"
#include "validation.h"

namespace tomada::usuarios {
namespace {

// How often an update without versao is tried, when other writers come first. In each round one of them succeeds, so
// the limit is met only by many at once on one user.
constexpr int kMaxAttempts = 16;

void Apply(const Changes& changes, const api::Usuario& usuario, const std::string& senha_hash,
           storage::Usuario& stored) {
  if (changes.nome) stored.set_nome(usuario.nome());
  if (changes.email) stored.set_email(std::string(TrimSpace(usuario.email())));
  if (changes.senha) stored.set_senha_hash(senha_hash);
}

absl::Status UpdateError(const absl::Status& status) {
  if (absl::IsAlreadyExists(status)) return Taken(status);
  if (absl::IsNotFound(status)) return NoUserWithThisId();
  if (absl::IsAborted(status)) return ChangedMeanwhile();
  return status;
}

}  // namespace

Task<absl::Status> UsuariosService::AtualizarUsuario(Call& call, const api::AtualizarUsuarioRequest& request,
                                                     api::AtualizarUsuarioResponse& response) {
  const absl::Time now = options_.clock();
  if (absl::Status valid = Validate(request, now); !valid.ok()) co_return valid;
  const api::Usuario& usuario = request.usuario();
  const Changes changes = ChangesOf(request);

  std::string senha_hash;  // made once, after the user has been found
  for (int attempt = 1;; ++attempt) {
    absl::StatusOr<RecordPtr> found = co_await table_.Get(call, usuario.id());
    if (!found.ok()) co_return found.status();
    if (*found == nullptr) co_return NoUserWithThisId();
    const Record& current = **found;
    if (!usuario.versao().empty() && usuario.versao() != current.version) co_return ChangedMeanwhile();
    if (!changes.any()) co_return ReadUsuario(current, *response.mutable_usuario());

    storage::Usuario stored;
    if (absl::Status parsed = ParseStored(current, stored); !parsed.ok()) co_return parsed;
    if (changes.senha && senha_hash.empty()) {
      absl::StatusOr<std::string> hash = co_await hasher_.Hash(call, EmailKey(stored.email()), usuario.senha());
      if (!hash.ok()) co_return hash.status();
      senha_hash = *std::move(hash);
    }
    Apply(changes, usuario, senha_hash, stored);
    stored.set_atualizado_em_us(absl::ToUnixMicros(now));

    absl::Time expires_at = changes.expira_em ? ExpiryOf(usuario) : current.expires_at.value_or(absl::InfiniteFuture());
    Record changed = MakeRecord(current.id, stored, expires_at);
    Operation operation;
    absl::StatusOr<Written> written = co_await table_.Update(call, operation, changed, current.version);
    if (written.ok()) {
      changed.version = written->version;
      FillUsuario(changed, std::move(stored), *response.mutable_usuario());
      co_return absl::OkStatus();
    }
    bool again = absl::IsAborted(written.status()) && usuario.versao().empty() && attempt < kMaxAttempts;
    if (!again) co_return UpdateError(written.status());
  }
}

}  // namespace tomada::usuarios
