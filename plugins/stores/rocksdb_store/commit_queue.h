// Writes on their way to disk, and the calls that wait for them.
#pragma once

#include <chrono>
#include <condition_variable>
#include <coroutine>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "tomada/call.h"
#include "tomada/executor.h"
#include "tomada/task.h"
#include "write_request.h"

namespace tomada::rocksdb_store {

// Bounded. Thread-safe. Many calls put writes in, one commit thread takes them out a turn at a time and answers them.
// Each call is answered once: by the commit thread, by its own cancellation or by Stop, whichever comes first.
class CommitQueue {
 public:
  CommitQueue(size_t max_writes, uint64_t max_bytes);

  // Resumes on call.executor() when the write has been answered. Refused at once, not applied: RESOURCE_EXHAUSTED when
  // the queue is full, and with the reason when it is not open. A cancelled call is answered with its status: not
  // applied while the write waits, unknown once it has been taken.
  Task<absl::StatusOr<Written>> Write(Call& call, WriteRequest request);

  void Open();
  // From now on every write is refused with this; those that wait are still to be taken. The first reason stays.
  void Close(absl::Status reason);
  // OK while open.
  absl::Status closed() const;
  // Waits until everything has been answered. False when `deadline` came first.
  bool WaitUntilEmpty(Deadline deadline);
  // Answers everything: not applied what waits, unknown what has been taken. Then Take says that it is over.
  void Abandon(const absl::Status& reason);

  using Turn = std::vector<std::shared_ptr<const WriteRequest>>;

  // For the commit thread. Waits for writes until `until`; empty when none came, nothing when it is over. Those who
  // were answered together mostly come back together: when there are fewer, waits up to `gathering` for half of them,
  // so that the first alone does not cost a sync. What is taken must be answered before the next Take.
  std::optional<Turn> Take(Deadline until, std::chrono::microseconds gathering);
  // In the order of the turn, as many.
  void Answer(std::vector<absl::StatusOr<Written>> answers);

 private:
  struct Waiting;
  class Awaiter;
  using Place = std::list<std::shared_ptr<Waiting>>::iterator;

  // Nothing when it has been queued; else what to answer.
  std::optional<absl::Status> Enter(const std::shared_ptr<Waiting>& write);
  void Cancel(const std::shared_ptr<Waiting>& write);
  void Leave(Place place);

  const size_t max_writes_;
  const uint64_t max_bytes_;
  mutable std::mutex mutex_;  // guards the rest
  std::condition_variable wake_, emptied_;
  std::list<std::shared_ptr<Waiting>> queued_;
  std::vector<std::shared_ptr<Waiting>> taken_;
  uint64_t queued_bytes_ = 0;
  size_t expected_ = 0;  // half of those answered last
  absl::Status closed_;
  bool over_ = false;
};

}  // namespace tomada::rocksdb_store
