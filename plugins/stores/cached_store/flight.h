// Single flight: one read of the store for all calls that ask for the same key meanwhile. The leader reads, the waiters
// get its answer.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <optional>

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "timer.h"
#include "tomada/call.h"
#include "tomada/store.h"
#include "tomada/task.h"

namespace tomada::cached_store {

using Answer = absl::StatusOr<RecordPtr>;

// One such read. Thread-safe. The leader calls Complete exactly once.
class Flight {
 public:
  explicit Flight(absl::Time began) : began_(began) {}

  // Before the store was asked: what comes back was true then or later.
  absl::Time began() const { return began_; }

  // For a waiter: the leader's answer, or nothing when the leader gave up and somebody else has to read. Resumes on
  // call.executor(). When `call` is cancelled or its deadline passes first, the answer is that status.
  static Task<std::optional<Answer>> Wait(std::shared_ptr<Flight> flight, Call& call, Timer& timer);

  // Gives all waiters the answer; see Wait.
  void Complete(std::optional<Answer> answer);

 private:
  struct Waiter;
  class Awaiter;

  bool Enter(const std::shared_ptr<Waiter>& waiter);
  void GiveUp(const std::shared_ptr<Waiter>& waiter, absl::Status why);

  const absl::Time began_;
  std::mutex mutex_;  // guards what follows
  bool complete_ = false;
  std::optional<Answer> answer_;
  std::list<std::shared_ptr<Waiter>> waiters_;
};

}  // namespace tomada::cached_store
