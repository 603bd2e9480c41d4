#include "tomada/store_operations.h"

#include <initializer_list>

namespace tomada {

StoreOperations::StoreOperations(const Metrics& metrics)
    : reads_(ByCode(metrics, "read")), writes_(ByCode(metrics, "write")) {}

StoreOperations::Counters StoreOperations::ByCode(const Metrics& metrics, const char* operation) {
  const auto series = [&](absl::StatusCode code) {
    return metrics.counter("tomada_store_operations_total", "Operations of the store that have ended.",
                           {{"operation", operation}, {"code", absl::StatusCodeToString(code)}});
  };
  Counters counters;
  counters.fill(series(absl::StatusCode::kInternal));
  for (absl::StatusCode code :
       {absl::StatusCode::kOk, absl::StatusCode::kNotFound, absl::StatusCode::kAlreadyExists,
        absl::StatusCode::kAborted, absl::StatusCode::kInvalidArgument, absl::StatusCode::kDeadlineExceeded,
        absl::StatusCode::kCancelled, absl::StatusCode::kUnavailable, absl::StatusCode::kResourceExhausted}) {
    counters[static_cast<size_t>(code)] = series(code);
  }
  return counters;
}

void StoreOperations::Ended(Kind kind, absl::StatusCode code) const {
  const Counters& counters = kind == Kind::kWrite ? writes_ : reads_;
  const auto number = static_cast<size_t>(code);
  counters[number < counters.size() ? number : static_cast<size_t>(absl::StatusCode::kInternal)].Add();
}

}  // namespace tomada
