#pragma once

#include <chrono>
#include <thread>

#include "tomada/call.h"
#include "tomada/task.h"
#include "tomada/wait.h"

namespace tomada::testing {

// For handlers: whether they start and, after each kind of wait, go on on the thread of their call's executor.
inline Task<bool> KeepsItsThread(Call& call) {
  Executor& executor = call.executor();
  bool kept = executor.InThread();
  absl::Status slept = co_await Sleep(call, std::chrono::milliseconds(1));
  kept = kept && slept.ok() && executor.InThread();
  Event event;
  std::thread sets([&event] { event.Set(); });
  absl::Status waited = co_await event.Wait(call);
  kept = kept && waited.ok() && executor.InThread();
  sets.join();
  co_return kept;
}

}  // namespace tomada::testing
