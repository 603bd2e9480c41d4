// For stores: the count that all of them keep by the same name.
#ifndef TOMADA_STORE_OPERATIONS_H_
#define TOMADA_STORE_OPERATIONS_H_

#include <array>
#include <cstddef>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "tomada/metrics.h"

namespace tomada {

// tomada_store_operations_total{operation="read"|"write", code}: calls of Table that have ended, whatever their end.
// Thread-safe. One that was default-constructed counts nothing.
class StoreOperations {
 public:
  StoreOperations() = default;
  explicit StoreOperations(const Metrics& metrics);

  enum class Kind { kRead, kWrite };
  void Ended(Kind kind, absl::StatusCode code) const;

  // The same, as the last step of a call: gives back what it is given.
  template <typename T>
  absl::StatusOr<T> Ended(Kind kind, absl::StatusOr<T> result) const {
    Ended(kind, result.status().code());
    return result;
  }

 private:
  // By code. Those that store.h does not name share the series of INTERNAL.
  using Counters = std::array<Counter, static_cast<size_t>(absl::StatusCode::kUnauthenticated) + 1>;

  static Counters ByCode(const Metrics& metrics, const char* operation);

  Counters reads_, writes_;
};

}  // namespace tomada

#endif  // TOMADA_STORE_OPERATIONS_H_
