#include "runtime/supervisor.h"

#include <poll.h>

#include <algorithm>
#include <utility>

namespace tomada {
namespace {

using Clock = Deadline::clock;

// Waits until one of the two is readable or the deadline has passed. A negative descriptor never is.
void WaitReadable(int first, int second, Deadline deadline) {
  pollfd fds[] = {{first, POLLIN, 0}, {second, POLLIN, 0}};
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
  // An early return is harmless: callers look again.
  constexpr long kHour = 3'600'000;
  ::poll(fds, 2, static_cast<int>(std::clamp(left, 0L, kHour)));
}

}  // namespace

Supervisor::Supervisor(Signals& signals, std::function<void(int signal)> on_signal)
    : signals_(signals), on_signal_(std::move(on_signal)) {
  threads_.push_back(std::make_unique<WatchedThread>());
}

Supervisor::~Supervisor() = default;

void Supervisor::Every(std::chrono::nanoseconds interval, std::function<void()> report) {
  interval_ = interval;
  report_ = std::move(report);
  next_report_ = Clock::now() + interval_;
}

std::optional<absl::Status> Supervisor::Perform(std::function<absl::Status()> step, Deadline limit) {
  WatchedThread& thread = *threads_.back();
  const Deadline begin = Clock::now();
  limit_ = limit;
  thread.Begin(std::move(step));
  for (;;) {
    const Deadline deadline = taken_ < 2 ? limit_ : std::min(limit_, std::max(begin, second_signal_) + kAtOnce);
    WaitReadable(thread.fd(), signals_.fd(), std::min(deadline, next_report_));
    const bool late = Clock::now() >= deadline;
    TakeSignals();
    Report();
    if (std::optional<absl::Status> result = thread.Take()) return result;
    if (late) break;
  }
  threads_.push_back(std::make_unique<WatchedThread>());
  return std::nullopt;
}

bool Supervisor::AwaitStopSignals(int count, Deadline limit) {
  while (taken_ < count) {
    if (Clock::now() >= limit) return false;
    WaitReadable(signals_.fd(), -1, std::min(limit, next_report_));
    TakeSignals();
    Report();
  }
  return true;
}

void Supervisor::Report() {
  if (Clock::now() < next_report_) return;
  next_report_ = Clock::now() + interval_;
  report_();
}

void Supervisor::TakeSignals() {
  for (int signal = signals_.Take(); signal != 0; signal = signals_.Take()) {
    if (AsksToStop(signal) && ++taken_ == 2) second_signal_ = Clock::now();
    on_signal_(signal);
  }
}

}  // namespace tomada
