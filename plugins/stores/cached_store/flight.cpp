#include "flight.h"

#include <coroutine>
#include <stop_token>
#include <utility>

namespace tomada::cached_store {

struct Flight::Waiting final : Timer::Alarm, std::enable_shared_from_this<Waiting> {
  enum class State { kNew, kQueued, kAnswered };

  Waiting(std::shared_ptr<Flight> flight, Call& call)
      : flight(std::move(flight)), call(call), executor(call.executor()) {}
  void Ring() override {
    flight->GiveUp(shared_from_this(), absl::DeadlineExceededError("the deadline passed during a read of the store"));
  }

  const std::shared_ptr<Flight> flight;
  Call& call;  // gone once answered
  Executor& executor;
  std::coroutine_handle<> coroutine;
  State state = State::kNew;  // guarded by the flight's mutex
  std::list<std::shared_ptr<Waiting>>::iterator place;
  std::optional<Answer> answer;
};

class Flight::Awaiter {
 public:
  explicit Awaiter(std::shared_ptr<Waiting> waiting) : waiting_(std::move(waiting)) {}

  bool await_ready() const { return false; }
  bool await_suspend(std::coroutine_handle<> self) {
    // Once it is queued this awaiter may be gone at any moment: only a copy is touched after that.
    const std::shared_ptr<Waiting> waiting = waiting_;
    waiting->coroutine = self;
    return waiting->flight->Enter(waiting);
  }
  void await_resume() const {}

 private:
  const std::shared_ptr<Waiting> waiting_;
};

Task<std::optional<Answer>> Flight::Follow(std::shared_ptr<Flight> flight, Call& call, Timer& timer) {
  const auto waiting = std::make_shared<Waiting>(std::move(flight), call);
  Awaiter awaiter(waiting);
  const Timer::Ticket ticket = timer.Add(call.deadline(), waiting);
  {
    // In place before it is queued, so a cancellation may find it new: Enter looks at the call once more.
    std::stop_callback on_cancel(call.stop_token(), [waiting, &call] {
      const std::shared_ptr<Waiting> alive = waiting;
      alive->flight->GiveUp(alive, call.status());
    });
    co_await awaiter;
  }
  timer.Remove(ticket);
  co_return std::move(waiting->answer);
}

// False when the answer is there already.
bool Flight::Enter(const std::shared_ptr<Waiting>& waiting) {
  std::lock_guard lock(mutex_);
  if (waiting->call.cancelled()) {
    waiting->answer = Answer(waiting->call.status());
  } else if (waiting->call.time_left().count() == 0) {
    waiting->answer = Answer(absl::DeadlineExceededError("the deadline passed during a read of the store"));
  } else if (landed_) {
    waiting->answer = answer_;
  } else {
    waiting->state = Waiting::State::kQueued;
    waiting->place = waiting_.insert(waiting_.end(), waiting);
    return true;
  }
  waiting->state = Waiting::State::kAnswered;
  return false;
}

void Flight::GiveUp(const std::shared_ptr<Waiting>& waiting, absl::Status why) {
  {
    std::lock_guard lock(mutex_);
    if (waiting->state != Waiting::State::kQueued) return;
    waiting->state = Waiting::State::kAnswered;
    waiting->answer = Answer(std::move(why));
    waiting_.erase(waiting->place);
  }
  waiting->executor.Post(waiting->coroutine);
}

void Flight::Land(std::optional<Answer> answer) {
  std::list<std::shared_ptr<Waiting>> waiting;
  ResumeBatch resumed;
  {
    std::lock_guard lock(mutex_);
    landed_ = true;
    answer_ = std::move(answer);
    waiting.swap(waiting_);
    for (const auto& one : waiting) {
      one->state = Waiting::State::kAnswered;
      one->answer = answer_;
      resumed.Add(one->executor, one->coroutine);
    }
  }
  resumed.Flush();
}

}  // namespace tomada::cached_store
