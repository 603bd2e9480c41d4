// What the drivers of stores share: workers that resume calls, as a transport's do, and a host that nobody looks at.
#pragma once

#include <condition_variable>
#include <coroutine>
#include <mutex>
#include <span>
#include <stop_token>
#include <thread>
#include <vector>

#include "tomada/executor.h"
#include "tomada/log.h"
#include "tomada/readiness.h"

namespace tomada::benchmark {

// One thread.
class Worker final : public Executor {
 public:
  Worker() : thread_([this](std::stop_token stop) { Run(stop); }) {}

  void Post(std::coroutine_handle<> coroutine) override { PostAll(std::span(&coroutine, 1)); }
  void PostAll(std::span<const std::coroutine_handle<>> coroutines) override {
    {
      std::lock_guard lock(mutex_);
      queue_.insert(queue_.end(), coroutines.begin(), coroutines.end());
    }
    wake_.notify_one();
  }
  bool InThread() const override { return std::this_thread::get_id() == thread_.get_id(); }

 private:
  void Run(std::stop_token stop) {
    std::vector<std::coroutine_handle<>> ready;
    for (;;) {
      {
        std::unique_lock lock(mutex_);
        if (!wake_.wait(lock, stop, [this] { return !queue_.empty(); })) return;
        ready.swap(queue_);
      }
      for (std::coroutine_handle<> coroutine : ready) coroutine.resume();
      ready.clear();
    }
  }

  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::vector<std::coroutine_handle<>> queue_;
  std::jthread thread_;
};

class Quiet final : public ReadinessBoard, public LogSink {
  void Report(std::string_view, Readiness) override {}
  Readiness Of(std::string_view) const override { return Readiness{true, {}}; }
  std::shared_ptr<void> OnChange(std::function<void()>) override { return nullptr; }
  void Write(LogLevel, std::string_view, std::string_view, std::span<const LogField>) override {}
};

}  // namespace tomada::benchmark
