#pragma once

#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tomada/log.h"

namespace tomada::testing {

// Keeps log lines as they would be printed. Thread-safe, but for `lines`.
class RecordingSink : public LogSink {
 public:
  void Write(LogLevel level, std::string_view component, std::string_view message,
             std::span<const LogField> fields) override {
    std::lock_guard lock(mutex_);
    lines.push_back(FormatLogLine(level, component, message, fields));
  }

  // All so far.
  std::string text() const {
    std::lock_guard lock(mutex_);
    std::string text;
    for (const std::string& line : lines) text += line + "\n";
    return text;
  }

  std::vector<std::string> lines;

 private:
  mutable std::mutex mutex_;
};

}  // namespace tomada::testing
