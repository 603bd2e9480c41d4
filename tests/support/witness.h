#pragma once

#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "tomada/log.h"
#include "tomada/readiness.h"

namespace tomada::testing {

// What a host would hear of a component that runs without one: what it says of itself, and what it logs. Thread-safe.
class Witness final : public ReadinessBoard, public LogSink {
 public:
  void Report(std::string_view, Readiness readiness) override {
    std::lock_guard lock(mutex_);
    readiness_ = std::move(readiness);
  }
  // The last report; ready before the first, as a host takes it.
  Readiness Of(std::string_view = {}) const override {
    std::lock_guard lock(mutex_);
    return readiness_;
  }
  std::shared_ptr<void> OnChange(std::function<void()>) override { return nullptr; }

  void Write(LogLevel level, std::string_view component, std::string_view message,
             std::span<const LogField> fields) override {
    std::lock_guard lock(mutex_);
    log_ += FormatLogLine(level, component, message, fields) + "\n";
  }
  std::string log() const {
    std::lock_guard lock(mutex_);
    return log_;
  }
  // How many lines have `text` in them.
  size_t Logged(std::string_view text) const {
    const std::string all = log();
    size_t count = 0;
    for (size_t at = all.find(text); at != std::string::npos; at = all.find(text, all.find('\n', at))) ++count;
    return count;
  }

 private:
  mutable std::mutex mutex_;
  Readiness readiness_{true, {}};
  std::string log_;
};

}  // namespace tomada::testing
