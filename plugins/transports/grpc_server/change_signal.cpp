#include "change_signal.h"

#include <algorithm>
#include <stop_token>

namespace tomada::grpc_server {

// In the frame of Wait. Whoever takes it out of the list, a change or a cancellation, resumes it.
class ChangeSignal::Waiter {
 public:
  Waiter(ChangeSignal& signal, Call& call, uint64_t seen) : signal_(signal), call_(call), seen_(seen) {}

  bool await_ready() const { return false; }
  bool await_suspend(std::coroutine_handle<> self) {
    std::lock_guard lock(signal_.mutex_);
    if (signal_.count_ != seen_ || call_.cancelled()) return false;
    waiting_ = self;
    signal_.waiters_.push_back(this);
    return true;
  }
  void await_resume() const {}

  void Resume() { call_.executor().Post(waiting_); }

 private:
  ChangeSignal& signal_;
  Call& call_;
  const uint64_t seen_;
  std::coroutine_handle<> waiting_;
};

uint64_t ChangeSignal::count() const {
  std::lock_guard lock(mutex_);
  return count_;
}

void ChangeSignal::Notify() {
  std::list<Waiter*> waiters;
  {
    std::lock_guard lock(mutex_);
    ++count_;
    waiters.swap(waiters_);
  }
  for (Waiter* waiter : waiters) waiter->Resume();
}

Task<absl::Status> ChangeSignal::Wait(Call& call, uint64_t seen) {
  Waiter waiter(*this, call, seen);
  // Runs before the waiter is in the list too; the waiter looks at the call once it holds the lock.
  std::stop_callback on_cancel(call.stop_token(), [this, &waiter] {
    if (Withdraw(waiter)) waiter.Resume();
  });
  co_await waiter;
  co_return call.status();
}

bool ChangeSignal::Withdraw(Waiter& waiter) {
  std::lock_guard lock(mutex_);
  return std::erase(waiters_, &waiter) > 0;
}

}  // namespace tomada::grpc_server
