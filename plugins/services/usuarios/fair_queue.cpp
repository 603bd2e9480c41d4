#include "fair_queue.h"

#include <algorithm>
#include <coroutine>
#include <stop_token>
#include <utility>

#include "errors.h"

namespace tomada::usuarios {

struct FairQueue::Waiting {
  Waiting(Call& call, std::string account) : call(call), account(std::move(account)) {}

  Call& call;  // gone once the coroutine has been resumed
  const std::string account;
  const std::chrono::steady_clock::time_point since = std::chrono::steady_clock::now();
  std::coroutine_handle<> coroutine;
  absl::Status answer;
};

class FairQueue::Awaiter {
 public:
  Awaiter(FairQueue& queue, std::shared_ptr<Waiting> waiting) : queue_(queue), waiting_(std::move(waiting)) {}

  bool await_ready() const { return false; }
  bool await_suspend(std::coroutine_handle<> self) {
    // Once the call is in the queue this awaiter may be gone at any moment: only copies are touched after that.
    const std::shared_ptr<Waiting> waiting = waiting_;
    waiting->coroutine = self;
    std::optional<absl::Status> answer = queue_.Queue(waiting);
    if (!answer) return true;
    waiting->answer = *std::move(answer);
    return false;
  }
  absl::Status await_resume() { return std::move(waiting_->answer); }

 private:
  FairQueue& queue_;
  const std::shared_ptr<Waiting> waiting_;
};

Task<absl::Status> FairQueue::Enter(Call& call, std::string account) {
  const auto waiting = std::make_shared<Waiting>(call, std::move(account));
  Awaiter awaiter(*this, waiting);
  // Registered before the call is queued: a cancellation that comes in between is found by Queue.
  std::stop_callback on_cancel(call.stop_token(), [this, waiting] { Cancel(waiting); });
  co_return co_await awaiter;
}

std::optional<absl::Status> FairQueue::Queue(const std::shared_ptr<Waiting>& waiting) {
  std::shared_ptr<Waiting> evicted;
  const absl::Duration delay = retry_delay();
  {
    std::lock_guard lock(mutex_);
    if (waiting->call.cancelled()) return waiting->call.status();
    if (!std::exchange(taken_, true)) return absl::OkStatus();
    auto account = Find(waiting->account);
    if (waiting_ >= max_waiting_) {
      evicted = Evict(account == accounts_.end() ? 0 : account->calls.size());
      if (!evicted) return TooManyPasswords(delay);
    }
    if (account == accounts_.end()) account = accounts_.insert(account, Account{waiting->account, {}});
    account->calls.push_back(waiting);
    ++waiting_;
  }
  if (evicted) {
    evicted->answer = TooManyPasswords(delay);
    evicted->call.executor().Post(evicted->coroutine);
  }
  return std::nullopt;
}

std::shared_ptr<FairQueue::Waiting> FairQueue::Evict(size_t own) {
  const auto longest = std::ranges::max_element(accounts_, {}, [](const Account& one) { return one.calls.size(); });
  if (longest->calls.size() <= own + 1) return nullptr;
  std::shared_ptr<Waiting> evicted = std::move(longest->calls.back());
  longest->calls.pop_back();
  --waiting_;
  return evicted;
}

std::list<FairQueue::Account>::iterator FairQueue::Find(std::string_view account) {
  return std::ranges::find(accounts_, account, &Account::name);
}

void FairQueue::Next() {
  std::shared_ptr<Waiting> next;
  {
    std::lock_guard lock(mutex_);
    taken_ = !accounts_.empty();
    if (!taken_) return;
    Account& account = accounts_.front();
    next = std::move(account.calls.front());
    account.calls.pop_front();
    --waiting_;
    if (account.calls.empty()) {
      accounts_.pop_front();
    } else {
      accounts_.splice(accounts_.end(), accounts_, accounts_.begin());
    }
    last_wait_ = std::chrono::steady_clock::now() - next->since;
  }
  next->call.executor().Post(next->coroutine);
}

void FairQueue::Cancel(const std::shared_ptr<Waiting>& waiting) {
  {
    std::lock_guard lock(mutex_);
    const auto account = Find(waiting->account);
    if (account == accounts_.end() || std::erase(account->calls, waiting) == 0) return;
    if (account->calls.empty()) accounts_.erase(account);
    --waiting_;
  }
  waiting->answer = waiting->call.status();
  waiting->call.executor().Post(waiting->coroutine);
}

absl::Duration FairQueue::retry_delay() const {
  std::lock_guard lock(mutex_);
  return std::max(absl::Seconds(1), absl::FromChrono(last_wait_));
}

}  // namespace tomada::usuarios
