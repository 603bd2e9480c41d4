#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "redis_store.h"

namespace tomada::testing {

// Keeps what the store says of itself.
class ReadinessRecorder : public ReadinessBoard {
 public:
  void Report(std::string_view, Readiness readiness) override {
    std::lock_guard lock(mutex_);
    last_ = std::move(readiness);
  }
  Readiness Of(std::string_view) const override {
    std::lock_guard lock(mutex_);
    return last_;
  }
  std::shared_ptr<void> OnChange(std::function<void()>) override { return nullptr; }

 private:
  mutable std::mutex mutex_;
  Readiness last_;
};

// A store that logs nothing.
inline std::unique_ptr<redis_store::RedisStore> MakeRedisStore(
    const redis_store::Config& config, std::shared_ptr<ReadinessBoard> board = std::make_shared<ReadinessRecorder>()) {
  return std::make_unique<redis_store::RedisStore>(config, Logger(MakeStderrSink(LogLevel::kError), "store"),
                                                   StatusReporter(std::move(board), "store"));
}

}  // namespace tomada::testing
