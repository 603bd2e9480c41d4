#include "support/load_driver.h"

#include "support/load_client.h"

namespace tomada::testing {
namespace {

// On the executor from its first step on. Owns the client, which is gone when it finishes.
Task<> Work(std::unique_ptr<LoadClient> client, ThreadExecutor& executor, const std::atomic<bool>& stopping) {
  std::unique_ptr<LoadClient> mine = std::move(client);
  Hop to_executor(executor);
  co_await to_executor;
  co_await mine->Run(stopping);
}

}  // namespace

LoadDriver::LoadDriver(Table& table, WriteLog& log, Load load) {
  working_ = load.threads * load.calls;
  for (size_t thread = 0; thread < load.threads; ++thread) {
    ThreadExecutor& executor = *executors_.emplace_back(std::make_unique<ThreadExecutor>());
    for (size_t i = 0; i < load.calls; ++i) {
      auto client = std::make_unique<LoadClient>(table, log, load, executor, thread * load.calls + i);
      Spawn(Work(std::move(client), executor, stopping_), [this] {
        std::lock_guard lock(mutex_);
        --working_;
        changed_.notify_one();
      });
    }
  }
}

void LoadDriver::Stop() {
  stopping_ = true;
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return working_ == 0; });
}

}  // namespace tomada::testing
