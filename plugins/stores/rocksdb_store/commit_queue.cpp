#include "commit_queue.h"

#include <stop_token>
#include <utility>

#include "waiting_write.h"

namespace tomada::rocksdb_store {
namespace {

// A group's limits: enough writes to make a sync cheap, and not more than recovery can hold in memory as one batch.
constexpr size_t kGroupWrites = 1024;
constexpr uint64_t kGroupBytes = uint64_t{4} << 20;

}  // namespace

class CommitQueue::Awaiter {
 public:
  Awaiter(CommitQueue& queue, std::shared_ptr<WaitingWrite> write) : queue_(queue), write_(std::move(write)) {}

  bool await_ready() const { return false; }
  bool await_suspend(std::coroutine_handle<> self) {
    // Once the write is in the queue this awaiter may be gone at any moment: only copies are touched after that.
    const std::shared_ptr<WaitingWrite> write = write_;
    write->coroutine = self;
    std::optional<absl::Status> refused = queue_.Enter(write);
    if (!refused) return true;
    write->answer = NotApplied(*std::move(refused));
    return false;
  }
  absl::StatusOr<Written> await_resume() { return std::move(write_->answer); }

 private:
  CommitQueue& queue_;
  const std::shared_ptr<WaitingWrite> write_;
};

CommitQueue::CommitQueue(size_t max_writes, uint64_t max_bytes, Gauge depth)
    : max_writes_(max_writes),
      max_bytes_(max_bytes),
      depth_(std::move(depth)),
      closed_(absl::UnavailableError("the store has not been started")) {}

Task<absl::StatusOr<Written>> CommitQueue::Write(Call& call, WriteRequest request) {
  const auto write = std::make_shared<WaitingWrite>(call, std::move(request));
  Awaiter awaiter(*this, write);
  // Registered before the write is queued: a cancellation that comes in between is found by Enter.
  std::stop_callback on_cancel(call.stop_token(), [this, write] { Cancel(write); });
  depth_.Add(1);
  absl::StatusOr<Written> answer = co_await awaiter;
  depth_.Add(-1);
  co_return answer;
}

std::optional<absl::Status> CommitQueue::Enter(const std::shared_ptr<WaitingWrite>& write) {
  std::condition_variable* woken = nullptr;
  {
    std::lock_guard lock(mutex_);
    if (!closed_.ok()) return closed_;
    if (write->call.cancelled()) return write->call.status();
    if (waiting() >= max_writes_ || waiting_bytes_ + write->bytes > max_bytes_) {
      return absl::ResourceExhaustedError("too many writes are waiting for the disk; try again later");
    }
    write->position = queued_.insert(queued_.end(), write);
    write->state = WaitingWrite::State::kQueued;
    waiting_bytes_ += write->bytes;
    if (taken_.empty() ? waiting() != 1 && waiting() != expected_ : !worth_peeking()) return std::nullopt;
    woken = taken_.empty() ? &wake_ : &behind_;
  }
  woken->notify_one();
  return std::nullopt;
}

bool CommitQueue::has_room() const { return peeked_.size() < kGroupWrites && peeked_bytes_ < kGroupBytes; }

bool CommitQueue::Withdraw(WaitingWrite& write) {
  if (write.state == WaitingWrite::State::kQueued) {
    queued_.erase(write.position);
  } else if (write.state == WaitingWrite::State::kPeeked) {
    peeked_bytes_ -= write.bytes;
    peeked_.erase(write.position);
    withdrawn_ = true;
  } else {
    return false;
  }
  waiting_bytes_ -= write.bytes;
  return true;
}

void CommitQueue::Cancel(const std::shared_ptr<WaitingWrite>& write) {
  {
    std::lock_guard lock(mutex_);
    if (Withdraw(*write)) {
      write->Answer(NotApplied(write->call.status()));
      if (waiting() == 0) emptied_.notify_all();
    } else if (write->state == WaitingWrite::State::kTaken) {
      write->Answer(write->call.status());
    } else {
      return;
    }
  }
  write->call.executor().Post(write->coroutine);
}

void CommitQueue::Open() {
  std::lock_guard lock(mutex_);
  closed_ = absl::OkStatus();
}

void CommitQueue::Close(absl::Status reason) {
  {
    std::lock_guard lock(mutex_);
    if (closed_.ok()) closed_ = std::move(reason);
  }
  wake_.notify_one();
}

absl::Status CommitQueue::closed() const {
  std::lock_guard lock(mutex_);
  return closed_;
}

bool CommitQueue::WaitUntilEmpty(Deadline deadline) {
  std::unique_lock lock(mutex_);
  return emptied_.wait_until(lock, deadline, [this] { return waiting() == 0 && taken_.empty(); });
}

void CommitQueue::Abandon(const absl::Status& reason) {
  ResumeBatch resumed;
  {
    std::lock_guard lock(mutex_);
    over_ = true;
    for (Writes* waiting : {&peeked_, &queued_}) {
      while (!waiting->empty()) {
        const std::shared_ptr<WaitingWrite> write = waiting->front();
        Withdraw(*write);
        write->Answer(NotApplied(reason));
        resumed.Add(write->call.executor(), write->coroutine);
      }
    }
    for (const auto& write : taken_) {
      if (write->state == WaitingWrite::State::kAnswered) continue;
      write->Answer(reason);
      resumed.Add(write->call.executor(), write->coroutine);
    }
  }
  wake_.notify_one();
  behind_.notify_one();
  resumed.Flush();
}

bool CommitQueue::Wait(Deadline until, std::chrono::microseconds commit_delay) {
  std::unique_lock lock(mutex_);
  wake_.wait_until(lock, until, [this] { return over_ || waiting() > 0; });
  if (waiting() > 0) wake_.wait_for(lock, commit_delay, [this] { return over_ || waiting() >= expected_; });
  return !over_;
}

bool CommitQueue::WaitBehindTaken() {
  std::unique_lock lock(mutex_);
  behind_.wait(lock, [this] { return over_ || (!taken_.empty() && worth_peeking() && has_room()); });
  return !over_;
}

CommitQueue::Requests CommitQueue::Peek() {
  std::lock_guard lock(mutex_);
  Requests requests;
  while (!queued_.empty() && has_room()) {
    WaitingWrite& write = *queued_.front();
    requests.push_back(write.request);
    write.state = WaitingWrite::State::kPeeked;
    peeked_bytes_ += write.bytes;
    peeked_.splice(peeked_.end(), queued_, queued_.begin());
  }
  return requests;
}

bool CommitQueue::Take() {
  std::lock_guard lock(mutex_);
  const bool withdrawn = std::exchange(withdrawn_, false);
  for (const auto& write : peeked_)
    write->state = withdrawn ? WaitingWrite::State::kQueued : WaitingWrite::State::kTaken;
  if (withdrawn) {
    queued_.splice(queued_.begin(), peeked_);
  } else {
    waiting_bytes_ -= peeked_bytes_;
    taken_.splice(taken_.end(), peeked_);
  }
  peeked_bytes_ = 0;
  if (!withdrawn && worth_peeking()) behind_.notify_one();
  return !withdrawn;
}

void CommitQueue::Answer(std::vector<absl::StatusOr<Written>> answers) {
  ResumeBatch resumed;
  Writes answered;  // freed after the lock has been let go
  {
    std::lock_guard lock(mutex_);
    answered.swap(taken_);
    expected_ = answered.size() / 2;
    auto answer = answers.begin();
    for (const auto& write : answered) {
      absl::StatusOr<Written>& result = *answer++;
      if (write->state == WaitingWrite::State::kAnswered) continue;
      write->Answer(std::move(result));
      resumed.Add(write->call.executor(), write->coroutine);
    }
    if (waiting() == 0) emptied_.notify_all();
  }
  resumed.Flush();
}

void CommitQueue::AnswerAll(const absl::Status& answer) {
  size_t count = 0;
  {
    std::lock_guard lock(mutex_);
    count = taken_.size();
  }
  Answer(std::vector<absl::StatusOr<Written>>(count, answer));
}

}  // namespace tomada::rocksdb_store
