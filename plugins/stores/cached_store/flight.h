// Single flight: one read of the store for all calls that ask for the same key meanwhile. The leader reads, the waiters
// get its answer.
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "timed_call.h"
#include "tomada/call.h"
#include "tomada/store.h"
#include "tomada/task.h"
#include "tomada/wait.h"

namespace tomada::cached_store {

using Answer = absl::StatusOr<RecordPtr>;

// One such read. Thread-safe. The leader calls Complete exactly once.
class Flight {
 public:
  explicit Flight(absl::Time began) : began_(began) {}

  // Before the store was asked: what comes back was true then or later.
  absl::Time began() const { return began_; }

  // For a waiter: the leader's answer, or nothing when the leader gave up and somebody else has to read. When `call` is
  // cancelled or its deadline passes first, the answer is that status.
  static Task<std::optional<Answer>> Wait(std::shared_ptr<Flight> flight, Call& call, Home& home);

  // Gives all waiters the answer; see Wait.
  void Complete(std::optional<Answer> answer) {
    answer_ = std::move(answer);
    complete_.Set();
  }

 private:
  const absl::Time began_;
  std::optional<Answer> answer_;  // not written any more once it is complete
  Event complete_;
};

}  // namespace tomada::cached_store
