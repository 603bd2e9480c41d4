// The errors that clients of the service see, in one place.
#pragma once

#include <absl/status/status.h>
#include <absl/time/time.h>

namespace tomada::usuarios {

absl::Status NoUserWithThisId();     // NOT_FOUND
absl::Status NoUserWithThisEmail();  // NOT_FOUND
absl::Status ChangedMeanwhile();     // ABORTED
absl::Status WrongPassword();        // UNAUTHENTICATED, whether it is the e-mail address or the password

// RESOURCE_EXHAUSTED with a google.rpc.RetryInfo.
absl::Status TooManyPasswords(absl::Duration retry_delay);

// A table's ALREADY_EXISTS, with a google.rpc.ErrorInfo for programs: reason TAKEN, domain "usuarios", and `field`,
// which is "id" or "email".
absl::Status Taken(absl::Status status);

}  // namespace tomada::usuarios
