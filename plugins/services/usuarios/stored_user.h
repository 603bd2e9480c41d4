// Between the three forms of a user: the record in the table, the stored message that is its value, and the message
// that clients see.
#pragma once

#include <string>

#include <absl/status/status.h>
#include <absl/time/time.h>

#include "messages.h"
#include "tomada/store.h"

namespace tomada::usuarios {

// The table of users and its one unique index, whose values are EmailKeys.
inline constexpr char kTable[] = "usuarios";
inline constexpr char kEmailIndex[] = "email";

TableOptions UsersTable();

// The value of `record`. DATA_LOSS when it cannot be read, naming the user by id.
absl::Status ParseStored(const Record& record, storage::Usuario& stored);

// When a user that has been validated ends; InfiniteFuture when expira_em is not set.
absl::Time ExpiryOf(const api::Usuario& usuario);

// A record to write, without a version. `expires_at` as in Record, where InfiniteFuture means never.
Record MakeRecord(std::string id, const storage::Usuario& stored, absl::Time expires_at);

// What clients see of `stored` and the rest of its record: everything but the password, of which there is no trace.
// Takes the texts out of `stored`.
void FillUsuario(const Record& record, storage::Usuario&& stored, api::Usuario& usuario);

// Both steps, for reads. On an error `usuario` is as it was.
absl::Status ReadUsuario(const Record& record, api::Usuario& usuario);

}  // namespace tomada::usuarios
