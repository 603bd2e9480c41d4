// Writes on their way to disk, and the calls that wait for them.
#pragma once

#include <algorithm>
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
#include "tomada/metrics.h"
#include "tomada/task.h"
#include "write_request.h"

namespace tomada::rocksdb_store {

struct WaitingWrite;

// Bounded. Thread-safe. Many calls put writes in, one commit thread takes them out a turn at a time and answers them.
// Each call is answered once: by the commit thread, by its own cancellation or by Stop, whichever comes first.
class CommitQueue {
 public:
  // `depth` follows how many calls of Write have not ended.
  CommitQueue(size_t max_writes, uint64_t max_bytes, Gauge depth);

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

  // The rest is for the commit thread and the one that judges ahead of it; only one of them at a time calls Look or
  // Take. Both waits are false when it is over.

  // Until there are writes, or `until`. Those who were answered together mostly come back together: when there are
  // fewer, waits up to `gathering` for half of them, so that the first alone does not cost a sync.
  bool Wait(Deadline until, std::chrono::microseconds gathering);
  // Until, behind those taken, there is so much to look at that it is worth a wake-up.
  bool WaitBehindTaken();

  using Requests = std::vector<std::shared_ptr<const WriteRequest>>;
  // The next writes, as far as a turn has room for them. They still wait.
  Requests Look();
  // Takes what has been looked at; it must be answered before the next Take. False when one of these has been cancelled
  // meanwhile: then none is taken, and all that wait are to be looked at again.
  bool Take();
  // Those taken, in the order of Look.
  void Answer(std::vector<absl::StatusOr<Written>> answers);
  void AnswerAll(const absl::Status& answer);

 private:
  class Awaiter;
  using Writes = std::list<std::shared_ptr<WaitingWrite>>;

  // Nothing when it has been queued; else what to answer.
  std::optional<absl::Status> Enter(const std::shared_ptr<WaitingWrite>& write);
  void Cancel(const std::shared_ptr<WaitingWrite>& write);
  // With the mutex held, as the rest. False when it does not wait.
  bool Withdraw(WaitingWrite& write);
  size_t waiting() const { return queued_.size() + looked_at_.size(); }
  bool has_room() const;  // in the turn
  bool worth_looking() const { return queued_.size() >= std::max<size_t>(expected_, 1); }

  const size_t max_writes_;
  const uint64_t max_bytes_;
  const Gauge depth_;
  mutable std::mutex mutex_;  // guards the rest
  std::condition_variable wake_, behind_, emptied_;
  Writes queued_, looked_at_, taken_;  // in this order each write passes through them
  uint64_t waiting_bytes_ = 0;         // of the first two
  uint64_t looked_at_bytes_ = 0;
  bool withdrawn_ = false;  // one that had been looked at has gone
  size_t expected_ = 0;     // half of those answered last
  absl::Status closed_;
  bool over_ = false;
};

}  // namespace tomada::rocksdb_store
