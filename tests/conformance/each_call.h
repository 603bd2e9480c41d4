// Each of the eight calls of a table, begun under a call of the caller's choice.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "conformance/watched_call.h"
#include "tomada/store.h"

namespace tomada::testing {

using ReadCall = RunningCall<absl::StatusOr<RecordPtr>>;
using WriteCall = RunningCall<absl::StatusOr<Written>>;
using Nanoseconds = std::chrono::nanoseconds;

// How much later than its deadline or its cancellation a call may end. The sanitizers slow a store down tenfold.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::chrono::milliseconds kLate{500};
#else
constexpr std::chrono::milliseconds kLate{50};
#endif
// Far more than any call takes that ends at all.
constexpr std::chrono::seconds kPatience{5};

// Of one call's end.
struct Ending {
  std::string kind;
  absl::Status status;
  bool ended = false;  // false: the rest means nothing
  Deadline at;
};

// Begins one call of each kind, one after the other: `cancel_with` tells what the call is cancelled with before it
// begins, or OK. Writes concern the records "old" (which may be there) and "new".
std::vector<Ending> CallEach(Table& table, CallWatch& watch, Nanoseconds timeout, const absl::Status& cancel_with);

// A write of the record `id` with value "new".
WriteCall StartPut(Table& table, CallWatch& watch, Nanoseconds timeout, const std::string& id,
                   const Operation& operation = Operation());
ReadCall StartGet(Table& table, CallWatch& watch, Nanoseconds timeout, const std::string& id);

}  // namespace tomada::testing
