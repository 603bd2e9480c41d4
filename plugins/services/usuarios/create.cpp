// CriarUsuario.
#include <array>
#include <string>
#include <utility>

#include <sodium.h>

#include "email.h"
#include "errors.h"
#include "service.h"
#include "stored_user.h"
#include "uuid.h"
#include "validation.h"

namespace tomada::usuarios {
namespace {

// The prefix keeps ids derived from id_requisicao apart from ids derived from an equal text elsewhere.
std::string RequestName(const api::CriarUsuarioRequest& request) {
  return "usuarios.CriarUsuario " + request.id_requisicao();
}

// Some stores remember operations for each record, some for the whole table. With the record's id in the name, the same
// id_requisicao for another record is another operation on both. Ids hold no space, so names are unambiguous.
std::string OperationName(const api::CriarUsuarioRequest& request, const std::string& id) {
  return "usuarios.CriarUsuario " + id + " " + request.id_requisicao();
}

std::string IdFor(const api::CriarUsuarioRequest& request, absl::Time now) {
  if (!request.usuario().id().empty()) return request.usuario().id();
  if (!request.id_requisicao().empty()) return UuidFromText(RequestName(request));
  return TimeOrderedUuid(now);
}

// SHA-256 of all that the client sent. Of the password only whether there is one: the digest is stored, and no fast
// hash of a password may be.
std::string DigestOfRequest(const api::Usuario& usuario) {
  api::Usuario compared;
  compared.set_id(usuario.id());
  compared.set_nome(usuario.nome());
  compared.set_email(usuario.email());
  if (!usuario.senha().empty()) compared.set_senha("given");
  if (usuario.has_expira_em()) *compared.mutable_expira_em() = usuario.expira_em();
  std::string bytes = compared.SerializeAsString();
  std::array<unsigned char, crypto_hash_sha256_BYTES> digest;
  crypto_hash_sha256(digest.data(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  return std::string(digest.begin(), digest.end());
}

Operation OperationFor(const api::CriarUsuarioRequest& request, const std::string& id, const storage::Usuario& stored) {
  Operation operation;
  if (request.id_requisicao().empty()) return operation;
  operation.id = OperationId::FromText(OperationName(request, id));
  operation.request_digest = DigestOfRequest(request.usuario());
  storage::CreationMemo memo;
  memo.set_criado_em_us(stored.criado_em_us());
  operation.memo = memo.SerializeAsString();
  return operation;
}

absl::Status InsertError(const absl::Status& status, const api::CriarUsuarioRequest& request) {
  if (absl::IsAlreadyExists(status)) return Taken(status);
  // The record itself has been validated: what the store refuses is the second use of the operation's id.
  if (absl::IsInvalidArgument(status) && !request.id_requisicao().empty()) {
    return Violation("id_requisicao", "was used before, with another request; a new request needs a new one");
  }
  return status;
}

}  // namespace

Task<absl::Status> UsuariosService::CriarUsuario(Call& call, const api::CriarUsuarioRequest& request,
                                                 api::CriarUsuarioResponse& response) {
  const absl::Time now = options_.clock();
  if (absl::Status valid = Validate(request, now); !valid.ok()) co_return valid;
  const api::Usuario& usuario = request.usuario();

  storage::Usuario stored;
  stored.set_nome(usuario.nome());
  stored.set_email(std::string(TrimSpace(usuario.email())));
  stored.set_criado_em_us(absl::ToUnixMicros(now));
  stored.set_atualizado_em_us(stored.criado_em_us());
  if (!usuario.senha().empty()) {
    absl::StatusOr<std::string> hash = co_await hasher_.Hash(call, EmailKey(usuario.email()), usuario.senha());
    if (!hash.ok()) co_return hash.status();
    stored.set_senha_hash(*std::move(hash));
  }

  Record record = MakeRecord(IdFor(request, now), stored, ExpiryOf(usuario));
  Operation operation = OperationFor(request, record.id, stored);
  absl::StatusOr<Written> written = co_await table_.Insert(call, operation, record);
  if (!written.ok()) co_return InsertError(written.status(), request);

  if (written->replayed) {
    // The answer of the first attempt: that of the same request, with the times that were stored then.
    storage::CreationMemo memo;
    if (!memo.ParseFromString(written->memo)) co_return absl::DataLossError("the result of this id_requisicao is lost");
    stored.set_criado_em_us(memo.criado_em_us());
    stored.set_atualizado_em_us(memo.criado_em_us());
  }
  record.version = written->version;
  FillUsuario(record, std::move(stored), *response.mutable_usuario());
  co_return absl::OkStatus();
}

}  // namespace tomada::usuarios
