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

absl::Status TooManyPasswords(absl::Duration retry_delay) {
  google::rpc::RetryInfo info;
  info.mutable_retry_delay()->set_seconds(absl::ToInt64Seconds(retry_delay));
  info.mutable_retry_delay()->set_nanos(static_cast<int>(absl::ToInt64Nanoseconds(retry_delay % absl::Seconds(1))));
  absl::Status status = absl::ResourceExhaustedError("too many passwords are being checked; try again later");
  status.SetPayload("type.googleapis.com/" + info.GetTypeName(), absl::Cord(info.SerializeAsString()));
  return status;
}

absl::Status Taken(absl::Status status) {
  google::rpc::ErrorInfo info;
  info.set_reason("TAKEN");
  info.set_domain("usuarios");
  (*info.mutable_metadata())["field"] = TakenIndex(status);
  status.SetPayload("type.googleapis.com/" + info.GetTypeName(), absl::Cord(info.SerializeAsString()));
  return status;
}

}  // namespace tomada::usuarios
