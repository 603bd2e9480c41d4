#pragma once

#include <string_view>

#include <absl/status/status.h>

namespace tomada::redis_store {

// What a server says of an error goes into logs and answers: no more than this of it.
constexpr size_t kMaxErrorText = 300;

// What to do about an error reply. In none of these cases was the command executed, but for IsRefusalWithinScript.
enum class ErrorKind {
  kUnknownScript,  // NOSCRIPT: send it whole
  kRetry,          // LOADING, BUSY, TRYAGAIN, CLUSTERDOWN, MASTERDOWN: the same again, a little later
  kReconnect,      // READONLY, NOAUTH: this is not, or no longer, the server to talk to; then the same again
  kRefused,        // MISCONF, NOREPLICAS, NOPERM: the server takes no writes until somebody acts; FailureOf
  kFail,           // anything else: FailureOf
};

ErrorKind KindOfError(std::string_view reply);

// The server noticed within a script that the user lacks a right: what the script had written until then stays.
bool IsRefusalWithinScript(std::string_view reply);

// As the caller sees it. The server's state is never charged to the request: OOM is RESOURCE_EXHAUSTED, MISCONF,
// NOREPLICAS and NOPERM are UNAVAILABLE; none can be mistaken for a conflict. What the server said is in it;
// `reply` is at most kMaxErrorText of that.
absl::Status FailureOf(std::string_view reply);

}  // namespace tomada::redis_store
