#include "errors.h"

#include <google/rpc/error_details.pb.h>

#include <absl/strings/cord.h>

#include "tomada/store.h"

namespace tomada::usuarios {

absl::Status NoUserWithThisId() { return absl::NotFoundError("no user with this id"); }

absl::Status NoUserWithThisEmail() { return absl::NotFoundError("no user with this email"); }

absl::Status ChangedMeanwhile() {
  return absl::AbortedError("the user has changed since this versao was read; read it again and repeat the update");
}

absl::Status WrongPassword() { return absl::UnauthenticatedError("email and senha do not belong together"); }

absl::Status Taken(absl::Status status) {
  google::rpc::ErrorInfo info;
  info.set_reason("TAKEN");
  info.set_domain("usuarios");
  (*info.mutable_metadata())["field"] = TakenIndex(status);
  status.SetPayload("type.googleapis.com/" + info.GetTypeName(), absl::Cord(info.SerializeAsString()));
  return status;
}

}  // namespace tomada::usuarios
