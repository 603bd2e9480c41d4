#include "flight.h"

#include <coroutine>
#include <stop_token>
#include <utility>

namespace tomada::cached_store {

struct Flight::Waiter final : Timer::Alarm, std::enable_shared_from_this<Waiter> {
  enum class State { kNew, kQueued, kAnswered };

  Waiter(std::shared_ptr<Flight> flight, Call& call)
      : flight(std::move(flight)), call(call), executor(call.executor()) {}
  void Ring() override {
    flight->GiveUp(shared_from_this(), absl::DeadlineExceededError("the deadline passed during a read of the store"));
  }

  const std::shared_ptr<Flight> flight;
  Call& call;  // gone once answered
  Executor& executor;
  std::coroutine_handle<> coroutine;
  State state = State::kNew;  // guarded by the flight's mutex
  std::list<std::shared_ptr<Waiter>>::iterator position;
  std::optional<Answer> answer;
};

class Flight::Awaiter {
 public:
  explicit Awaiter(std::shared_ptr<Waiter> waiter) : waiter_(std::move(waiter)) {}

  bool await_ready() const { return false; }
  bool await_suspend(std::coroutine_handle<> self) {
    // Once it is queued this awaiter may be gone at any moment: only a copy is touched after that.
    const std::shared_ptr<Waiter> waiter = waiter_;
    waiter->coroutine = self;
    return waiter->flight->Enter(waiter);
  }
  void await_resume() const {}

 private:
  const std::shared_ptr<Waiter> waiter_;
};

Task<std::optional<Answer>> Flight::Wait(std::shared_ptr<Flight> flight, Call& call, Timer& timer) {
  const auto waiter = std::make_shared<Waiter>(std::move(flight), call);
  Awaiter awaiter(waiter);
  const Timer::Ticket ticket = timer.Add(call.deadline(), waiter);
  {
    // Registered before the waiter is queued, so it may run too early to end anything: Enter looks at the call again.
    std::stop_callback on_cancel(call.stop_token(), [waiter, &call] {
      const std::shared_ptr<Waiter> alive = waiter;
      alive->flight->GiveUp(alive, call.status());
    });
    co_await awaiter;
  }
  timer.Remove(ticket);
  co_return std::move(waiter->answer);
}

// False when the answer is there already.
bool Flight::Enter(const std::shared_ptr<Waiter>& waiter) {
  std::lock_guard lock(mutex_);
  if (waiter->call.cancelled()) {
    waiter->answer = Answer(waiter->call.status());
  } else if (waiter->call.time_left().count() == 0) {
    waiter->answer = Answer(absl::DeadlineExceededError("the deadline passed during a read of the store"));
  } else if (complete_) {
    waiter->answer = answer_;
  } else {
    waiter->state = Waiter::State::kQueued;
    waiter->position = waiters_.insert(waiters_.end(), waiter);
    return true;
  }
  waiter->state = Waiter::State::kAnswered;
  return false;
}

void Flight::GiveUp(const std::shared_ptr<Waiter>& waiter, absl::Status why) {
  {
    std::lock_guard lock(mutex_);
    if (waiter->state != Waiter::State::kQueued) return;
    waiter->state = Waiter::State::kAnswered;
    waiter->answer = Answer(std::move(why));
    waiters_.erase(waiter->position);
  }
  waiter->executor.Post(waiter->coroutine);
}

void Flight::Complete(std::optional<Answer> answer) {
  std::list<std::shared_ptr<Waiter>> waiters;
  ResumeBatch resumed;
  {
    std::lock_guard lock(mutex_);
    complete_ = true;
    answer_ = std::move(answer);
    waiters.swap(waiters_);
    for (const auto& one : waiters) {
      one->state = Waiter::State::kAnswered;
      one->answer = answer_;
      resumed.Add(one->executor, one->coroutine);
    }
  }
  resumed.Flush();
}

}  // namespace tomada::cached_store
