#include "tomada/executor.h"

#include <algorithm>
#include <stdexcept>

#include "tomada/call.h"

namespace tomada {

Executor::~Executor() = default;

void Executor::PostAll(std::span<const std::coroutine_handle<>> coroutines) {
  for (std::coroutine_handle<> coroutine : coroutines) Post(coroutine);
}

void Executor::SetRunning(const Call* call) {
  running_call_.store(call, std::memory_order_relaxed);
  running_method_.store(call != nullptr ? call->method() : nullptr, std::memory_order_relaxed);
}

TimerQueue& Executor::timers() { throw std::logic_error("this executor keeps no time"); }

void ResumeBatch::Add(Executor& executor, std::coroutine_handle<> coroutine) {
  auto group = std::ranges::find(groups_, &executor, &Group::executor);
  if (group == groups_.end()) group = groups_.insert(group, Group{&executor, {}});
  group->coroutines.push_back(coroutine);
}

void ResumeBatch::Flush() {
  // What was not used since the last Flush goes, so that executors that come and go leave nothing behind.
  std::erase_if(groups_, [](const Group& group) { return group.coroutines.empty(); });
  for (Group& group : groups_) {
    group.executor->PostAll(group.coroutines);
    group.coroutines.clear();
  }
}

Executor& InlineExecutor() {
  class Inline final : public Executor {
    void Post(std::coroutine_handle<> coroutine) override { coroutine.resume(); }
    bool InThread() const override { return true; }
  };
  static Inline executor;
  return executor;
}

}  // namespace tomada
