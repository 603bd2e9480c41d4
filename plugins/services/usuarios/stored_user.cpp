#include "stored_user.h"

#include <utility>

#include <fmt/format.h>

#include "email.h"
#include "timestamp.h"

namespace tomada::usuarios {

TableOptions UsersTable() {
  TableOptions options(kTable);
  options.unique_indexes.emplace_back(kEmailIndex);
  return options;
}

absl::Status ParseStored(const Record& record, storage::Usuario& stored) {
  if (stored.ParseFromString(record.value)) return absl::OkStatus();
  return absl::DataLossError(fmt::format("what is stored of user {} cannot be read", record.id));
}

absl::Time ExpiryOf(const api::Usuario& usuario) {
  if (!usuario.has_expira_em()) return absl::InfiniteFuture();
  return ToExpiry(FromTimestamp(usuario.expira_em()).value_or(absl::InfiniteFuture()));
}

Record MakeRecord(std::string id, const storage::Usuario& stored, absl::Time expires_at) {
  Record record(std::move(id), stored.SerializeAsString());
  record.unique_keys.emplace_back(kEmailIndex, EmailKey(stored.email()));
  record.expires_at = expires_at;
  return record;
}

void FillUsuario(const Record& record, storage::Usuario&& stored, api::Usuario& usuario) {
  usuario.set_id(record.id);
  usuario.set_nome(std::move(*stored.mutable_nome()));
  usuario.set_email(std::move(*stored.mutable_email()));
  ToTimestamp(absl::FromUnixMicros(stored.criado_em_us()), *usuario.mutable_criado_em());
  ToTimestamp(absl::FromUnixMicros(stored.atualizado_em_us()), *usuario.mutable_atualizado_em());
  usuario.set_versao(record.version);
  if (record.expires_at && *record.expires_at != absl::InfiniteFuture()) {
    ToTimestamp(*record.expires_at, *usuario.mutable_expira_em());
  }
}

absl::Status ReadUsuario(const Record& record, api::Usuario& usuario) {
  storage::Usuario stored;
  absl::Status parsed = ParseStored(record, stored);
  if (parsed.ok()) FillUsuario(record, std::move(stored), usuario);
  return parsed;
}

}  // namespace tomada::usuarios
