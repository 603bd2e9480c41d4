#include "tomada/executor.h"

namespace tomada {

Executor::~Executor() = default;

void Executor::PostAll(std::span<const std::coroutine_handle<>> coroutines) {
  for (std::coroutine_handle<> coroutine : coroutines) Post(coroutine);
}

Executor& InlineExecutor() {
  class Inline final : public Executor {
    void Post(std::coroutine_handle<> coroutine) override { coroutine.resume(); }
  };
  static Inline executor;
  return executor;
}

}  // namespace tomada
