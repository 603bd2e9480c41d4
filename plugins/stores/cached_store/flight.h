// One read of the store that is under way, and those who wait for its answer.
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

// Thread-safe. Whoever leads it calls Land exactly once.
class Flight {
 public:
  explicit Flight(absl::Time began) : began_(began) {}

  // Before the store was asked: what comes back was true then or later.
  absl::Time began() const { return began_; }

  // The leader's answer; nothing when the leader gave up and somebody else has to read. Resumes on call.executor(),
  // when `call` is cancelled or its deadline passes with its own status.
  static Task<std::optional<Answer>> Follow(std::shared_ptr<Flight> flight, Call& call, Timer& timer);

  void Land(std::optional<Answer> answer);

 private:
  struct Waiting;
  class Awaiter;

  bool Enter(const std::shared_ptr<Waiting>& waiting);
  void GiveUp(const std::shared_ptr<Waiting>& waiting, absl::Status why);

  const absl::Time began_;
  std::mutex mutex_;  // guards what follows
  bool landed_ = false;
  std::optional<Answer> answer_;
  std::list<std::shared_ptr<Waiting>> waiting_;
};

}  // namespace tomada::cached_store
