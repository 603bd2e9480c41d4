#include "commit_queue.h"

#include <stop_token>
#include <utility>

namespace tomada::rocksdb_store {
namespace {

// What goes to disk together at most: enough to make a sync cheap, and no more than a reader of the log holds at once.
constexpr size_t kTurnWrites = 1024;
constexpr uint64_t kTurnBytes = uint64_t{4} << 20;

}  // namespace

struct CommitQueue::Waiting {
  enum class State { kNew, kQueued, kTaken, kAnswered };

  Waiting(Call& call, WriteRequest request)
      : call(call), request(std::make_shared<const WriteRequest>(std::move(request))), bytes(this->request->size()) {}

  Call& call;  // gone once the write has been answered
  const std::shared_ptr<const WriteRequest> request;
  const uint64_t bytes;
  std::coroutine_handle<> coroutine;
  State state = State::kNew;  // guarded by the queue's mutex
  Place place;                // while queued
  absl::StatusOr<Written> answer = absl::UnknownError("not answered");

  // The caller holds the queue's mutex and resumes the coroutine after it has let it go.
  void Answer(absl::StatusOr<Written> result) {
    answer = std::move(result);
    state = State::kAnswered;
  }
};

class CommitQueue::Awaiter {
 public:
  Awaiter(CommitQueue& queue, std::shared_ptr<Waiting> write) : queue_(queue), write_(std::move(write)) {}

  bool await_ready() const { return false; }
  bool await_suspend(std::coroutine_handle<> self) {
    // Once the write is in the queue this awaiter may be gone at any moment: only copies are touched after that.
    const std::shared_ptr<Waiting> write = write_;
    write->coroutine = self;
    std::optional<absl::Status> refused = queue_.Enter(write);
    if (!refused) return true;
    write->answer = NotApplied(*std::move(refused));
    return false;
  }
  absl::StatusOr<Written> await_resume() { return std::move(write_->answer); }

 private:
  CommitQueue& queue_;
  const std::shared_ptr<Waiting> write_;
};

CommitQueue::CommitQueue(size_t max_writes, uint64_t max_bytes)
    : max_writes_(max_writes),
      max_bytes_(max_bytes),
      closed_(absl::UnavailableError("the store has not been started")) {}

Task<absl::StatusOr<Written>> CommitQueue::Write(Call& call, WriteRequest request) {
  const auto write = std::make_shared<Waiting>(call, std::move(request));
  Awaiter awaiter(*this, write);
  // In place before the write is queued, so a cancellation may find it new: Enter looks at the call once more.
  std::stop_callback on_cancel(call.stop_token(), [this, write] { Cancel(write); });
  co_return co_await awaiter;
}

std::optional<absl::Status> CommitQueue::Enter(const std::shared_ptr<Waiting>& write) {
  {
    std::lock_guard lock(mutex_);
    if (!closed_.ok()) return closed_;
    if (write->call.cancelled()) return write->call.status();
    if (queued_.size() >= max_writes_ || queued_bytes_ + write->bytes > max_bytes_) {
      return absl::ResourceExhaustedError("too many writes are waiting for the disk; try again later");
    }
    write->place = queued_.insert(queued_.end(), write);
    write->state = Waiting::State::kQueued;
    queued_bytes_ += write->bytes;
    if (queued_.size() != 1 && queued_.size() != expected_) return std::nullopt;  // nobody waits for this one
  }
  wake_.notify_one();
  return std::nullopt;
}

void CommitQueue::Leave(Place place) {
  queued_bytes_ -= (*place)->bytes;
  queued_.erase(place);
}

void CommitQueue::Cancel(const std::shared_ptr<Waiting>& write) {
  {
    std::lock_guard lock(mutex_);
    if (write->state == Waiting::State::kQueued) {
      Leave(write->place);
      write->Answer(NotApplied(write->call.status()));
      if (queued_.empty()) emptied_.notify_all();
    } else if (write->state == Waiting::State::kTaken) {
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
  return emptied_.wait_until(lock, deadline, [this] { return queued_.empty() && taken_.empty(); });
}

void CommitQueue::Abandon(const absl::Status& reason) {
  ResumeBatch resumed;
  {
    std::lock_guard lock(mutex_);
    over_ = true;
    for (const auto& write : queued_) {
      write->Answer(NotApplied(reason));
      resumed.Add(write->call.executor(), write->coroutine);
    }
    queued_.clear();
    queued_bytes_ = 0;
    for (const auto& write : taken_) {
      if (write->state == Waiting::State::kAnswered) continue;
      write->Answer(reason);
      resumed.Add(write->call.executor(), write->coroutine);
    }
  }
  wake_.notify_one();
  resumed.Flush();
}

std::optional<CommitQueue::Turn> CommitQueue::Take(Deadline until, std::chrono::microseconds gathering) {
  std::unique_lock lock(mutex_);
  wake_.wait_until(lock, until, [this] { return over_ || !queued_.empty(); });
  if (!queued_.empty()) wake_.wait_for(lock, gathering, [this] { return over_ || queued_.size() >= expected_; });
  if (over_) return std::nullopt;
  Turn turn;
  for (uint64_t bytes = 0; !queued_.empty() && turn.size() < kTurnWrites && bytes < kTurnBytes;) {
    const std::shared_ptr<Waiting> write = queued_.front();
    Leave(queued_.begin());
    bytes += write->bytes;
    write->state = Waiting::State::kTaken;
    turn.push_back(write->request);
    taken_.push_back(write);
  }
  return turn;
}

void CommitQueue::Answer(std::vector<absl::StatusOr<Written>> answers) {
  ResumeBatch resumed;
  std::vector<std::shared_ptr<Waiting>> answered;  // freed after the lock has been let go
  {
    std::lock_guard lock(mutex_);
    answered.swap(taken_);
    expected_ = answered.size() / 2;
    for (size_t i = 0; i < answered.size(); ++i) {
      Waiting& write = *answered[i];
      if (write.state == Waiting::State::kAnswered) continue;
      write.Answer(std::move(answers[i]));
      resumed.Add(write.call.executor(), write.coroutine);
    }
    if (queued_.empty()) emptied_.notify_all();
  }
  resumed.Flush();
}

}  // namespace tomada::rocksdb_store
