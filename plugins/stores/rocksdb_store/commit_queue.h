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

// Bounded. Thread-safe. Many calls put writes in, one commit thread takes them out a group at a time and answers them.
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

  // The rest is for the commit thread and the one that validates ahead of it; only one of them at a time calls Peek or
  // Take. Both waits are false when it is over.

  // Until there are writes, or `until`. Clients that were answered together mostly write again together. While fewer
  // than half of them are back it waits up to `commit_delay` more, so that the first one does not get a sync for
  // itself.
  bool Wait(Deadline until, std::chrono::microseconds commit_delay);
  // Until a group is being committed and enough writes wait behind it to make validating them worth a wake-up.
  bool WaitBehindTaken();

  using Requests = std::vector<std::shared_ptr<const WriteRequest>>;
  // The next writes to validate, as far as the group has room for them. They stay in the queue.
  Requests Peek();
  // Takes the writes that Peek gave; they must be answered before the next Take. False when one of them has been
  // cancelled meanwhile: then none is taken, and Peek gives all that wait once more.
  bool Take();
  // Those taken, in the order of Peek.
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
  size_t waiting() const { return queued_.size() + peeked_.size(); }
  bool has_room() const;  // in the group
  bool worth_peeking() const { return queued_.size() >= std::max<size_t>(expected_, 1); }

  const size_t max_writes_;
  const uint64_t max_bytes_;
  const Gauge depth_;
  mutable std::mutex mutex_;  // guards the rest
  std::condition_variable wake_, behind_, emptied_;
  Writes queued_, peeked_, taken_;  // in this order each write passes through them
  uint64_t waiting_bytes_ = 0;      // of the first two
  uint64_t peeked_bytes_ = 0;
  bool withdrawn_ = false;  // one that Peek gave was cancelled
  size_t expected_ = 0;     // half of those answered last
  absl::Status closed_;
  bool over_ = false;
};

}  // namespace tomada::rocksdb_store
