// VerificarSenha.
#include <string>
#include <utility>

#include "email.h"
#include "errors.h"
#include "service.h"
#include "stored_user.h"
#include "validation.h"

namespace tomada::usuarios {

Task<absl::Status> UsuariosService::VerificarSenha(Call& call, const api::VerificarSenhaRequest& request,
                                                   api::VerificarSenhaResponse& response) {
  if (absl::Status valid = Validate(request); !valid.ok()) co_return valid;
  const std::string account = EmailKey(request.email());
  absl::StatusOr<RecordPtr> found = co_await table_.Find(call, kEmailIndex, account);
  if (!found.ok()) co_return found.status();
  const RecordPtr record = *std::move(found);

  storage::Usuario stored;  // empty for an unknown user, who is refused as slowly as one without a password
  if (record != nullptr) {
    if (absl::Status parsed = ParseStored(*record, stored); !parsed.ok()) co_return parsed;
  }
  absl::StatusOr<bool> matches = co_await hasher_.Verify(call, account, request.senha(), stored.senha_hash());
  if (!matches.ok()) co_return matches.status();
  if (!*matches) co_return WrongPassword();

  std::string version = record->version;
  if (hasher_.NeedsRehash(stored.senha_hash())) version = co_await UpgradeHash(call, request.senha(), record);
  FillUsuario(*record, std::move(stored), *response.mutable_usuario());
  response.mutable_usuario()->set_versao(std::move(version));
  co_return absl::OkStatus();
}

Task<std::string> UsuariosService::UpgradeHash(Call& call, std::string_view senha, RecordPtr record) {
  storage::Usuario stored;
  if (!ParseStored(*record, stored).ok()) co_return record->version;
  absl::StatusOr<std::string> hash = co_await hasher_.Hash(call, EmailKey(stored.email()), senha);
  if (!hash.ok()) co_return record->version;
  stored.set_senha_hash(*std::move(hash));
  Record upgraded = MakeRecord(record->id, stored, record->expires_at.value_or(absl::InfiniteFuture()));
  Operation operation;
  absl::StatusOr<Written> written = co_await table_.Update(call, operation, upgraded, record->version);
  co_return written.ok() ? written->version : record->version;
}

}  // namespace tomada::usuarios
