#include "tomada/log.h"

#include <unistd.h>

#include <cstdio>

#include <absl/time/clock.h>
#include <absl/time/time.h>

namespace tomada {
namespace {

bool NeedsQuotes(std::string_view value) {
  if (value.empty()) return true;
  for (unsigned char c : value) {
    if (c <= 0x20 || c == '"' || c == '=' || c == '\\' || c == 0x7f) return true;
  }
  return false;
}

void AppendEscaped(std::string& line, std::string_view text) {
  for (unsigned char c : text) {
    if (c == '"' || c == '\\') {
      line += '\\';
      line += static_cast<char>(c);
    } else if (c == '\n') {
      line += "\\n";
    } else if (c < 0x20 || c == 0x7f) {
      char hex[5];
      std::snprintf(hex, sizeof hex, "\\x%02x", c);
      line += hex;
    } else {
      line += static_cast<char>(c);
    }
  }
}

class StderrSink final : public LogSink {
 public:
  explicit StderrSink(LogLevel minimum) : minimum_(minimum) {}

  void Write(LogLevel level, std::string_view component, std::string_view message,
             std::span<const LogField> fields) override {
    if (level < minimum_) return;
    std::string line = FormatLogLine(level, component, message, fields) + '\n';
    // One write keeps lines whole. A closed or full stderr must not stop the service: the line is lost.
    [[maybe_unused]] ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
  }

 private:
  const LogLevel minimum_;
};

}  // namespace

LogSink::~LogSink() = default;

std::string_view LogLevelName(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug: return "debug";
    case LogLevel::kInfo: return "info";
    case LogLevel::kWarning: return "warning";
    case LogLevel::kError: return "error";
  }
  return "error";
}

std::string FormatLogLine(LogLevel level, std::string_view component, std::string_view message,
                          std::span<const LogField> fields) {
  std::string line = absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::Now(), absl::UTCTimeZone());
  line += ' ';
  line += LogLevelName(level);
  line += ' ';
  line += component;
  line += ": ";
  AppendEscaped(line, message);
  for (const LogField& field : fields) {
    line += ' ';
    line += field.name;
    line += '=';
    bool quotes = NeedsQuotes(field.value);
    if (quotes) line += '"';
    AppendEscaped(line, field.value);
    if (quotes) line += '"';
  }
  return line;
}

std::shared_ptr<LogSink> MakeStderrSink(LogLevel minimum) { return std::make_shared<StderrSink>(minimum); }

Logger::Logger(std::shared_ptr<LogSink> sink, std::string component)
    : sink_(std::move(sink)), component_(std::move(component)) {}

void Logger::Debug(std::string_view message, std::initializer_list<LogField> fields) const {
  sink_->Write(LogLevel::kDebug, component_, message, fields);
}
void Logger::Info(std::string_view message, std::initializer_list<LogField> fields) const {
  sink_->Write(LogLevel::kInfo, component_, message, fields);
}
void Logger::Warning(std::string_view message, std::initializer_list<LogField> fields) const {
  sink_->Write(LogLevel::kWarning, component_, message, fields);
}
void Logger::Error(std::string_view message, std::initializer_list<LogField> fields) const {
  sink_->Write(LogLevel::kError, component_, message, fields);
}

}  // namespace tomada
