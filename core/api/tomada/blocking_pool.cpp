#include "tomada/blocking_pool.h"

#include <algorithm>
#include <optional>
#include <stop_token>

namespace tomada {
namespace {

absl::Status Stopping() { return absl::UnavailableError("the host is stopping"); }

}  // namespace

// Shared by the awaiting task and the queue. Whoever takes it out of the queue, a worker, a cancellation or Stop,
// answers it.
struct BlockingPool::Job {
  Job(Call& call, std::function<void()> work) : call(call), work(std::move(work)) {}

  Call& call;
  std::function<void()> work;
  absl::Status result;
  std::coroutine_handle<> waiting;
};

class BlockingPool::Awaiter {
 public:
  Awaiter(BlockingPool& pool, Call& call, std::function<void()> work)
      : pool_(pool), job_(std::make_shared<Job>(call, std::move(work))) {}

  bool await_ready() const { return false; }

  bool await_suspend(std::coroutine_handle<> self) {
    // Once the job is in the queue this awaiter may be gone at any moment: only copies are touched after that.
    std::shared_ptr<Job> job = job_;
    job->waiting = self;
    BlockingPool& pool = pool_;
    {
      std::lock_guard lock(pool.mutex_);
      if (pool.stopped_) {
        job->result = Stopping();
        return false;
      }
      if (pool.queue_.size() >= pool.capacity_) {
        job->result = absl::ResourceExhaustedError("too many requests are waiting for a worker; try again later");
        return false;
      }
      pool.queue_.push_back(job);
    }
    pool.wake_.notify_one();
    return true;
  }

  absl::Status await_resume() { return job_->result; }

  const std::shared_ptr<Job>& job() const { return job_; }

 private:
  BlockingPool& pool_;
  std::shared_ptr<Job> job_;
};

BlockingPool::BlockingPool(size_t threads, size_t queue) : capacity_(queue) {
  for (size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { Work(); });
}

BlockingPool::~BlockingPool() { Stop(); }

Task<absl::Status> BlockingPool::Run(Call& call, std::function<void()> work) {
  Awaiter awaiter(*this, call, std::move(work));
  // In place before the job is queued, so a cancellation may find nothing to withdraw: the worker looks once more
  // before it runs the work.
  std::stop_callback on_cancel(call.stop_token(), [this, job = awaiter.job()] {
    if (!Withdraw(job)) return;
    job->result = job->call.status();
    job->call.executor().Post(job->waiting);
  });
  co_return co_await awaiter;
}

bool BlockingPool::Withdraw(const std::shared_ptr<Job>& job) {
  std::lock_guard lock(mutex_);
  auto found = std::find(queue_.begin(), queue_.end(), job);
  if (found == queue_.end()) return false;
  queue_.erase(found);
  return true;
}

void BlockingPool::Work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stopped_ || !queue_.empty(); });
    if (queue_.empty()) return;
    std::shared_ptr<Job> job = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    job->result = job->call.status();
    if (job->result.ok()) {
      try {
        job->work();
      } catch (...) {
        job->result = absl::InternalError("internal error");
      }
    }
    job->work = nullptr;
    job->call.executor().Post(job->waiting);
    job.reset();
    lock.lock();
  }
}

void BlockingPool::Stop() {
  std::deque<std::shared_ptr<Job>> waiting;
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
    waiting.swap(queue_);
  }
  wake_.notify_all();
  for (const std::shared_ptr<Job>& job : waiting) {
    job->result = Stopping();
    job->call.executor().Post(job->waiting);
  }
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

}  // namespace tomada
