// Log lines: one event, one line, named fields.
//
//   log.Info("listening", {{"address", address}});
//
// Never log a request's contents, a secret or a password; `call` (Call::id) finds the request again.
#ifndef TOMADA_LOG_H_
#define TOMADA_LOG_H_

#include <atomic>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "tomada/enum_names.h"

namespace tomada {

enum class LogLevel { kDebug, kInfo, kWarning, kError };
constexpr auto EnumNames(LogLevel) {
  return std::array{std::pair{LogLevel::kDebug, "debug"}, std::pair{LogLevel::kInfo, "info"},
                    std::pair{LogLevel::kWarning, "warning"}, std::pair{LogLevel::kError, "error"}};
}

// Its name.
std::string_view LogLevelName(LogLevel level);

struct LogField {
  std::string_view name;
  std::string value;
};

// Where lines go. Thread-safe; Write does not throw.
class LogSink {
 public:
  virtual ~LogSink();
  virtual void Write(LogLevel level, std::string_view component, std::string_view message,
                     std::span<const LogField> fields) = 0;

  // The least level that is written of a component; lines below it are not even formatted. What is returned lives as
  // long as the sink and may change at any time.
  virtual const std::atomic<LogLevel>& LevelOf(std::string_view component) const;
  // Changes it. False where the sink has no levels.
  virtual bool SetLevel(std::string_view component, LogLevel level);
  // Asked once for each request, which gets a line of its own when the answer is true: a busy server logs a sample.
  virtual bool TakesRequest();
};

// One line of text: time in UTC (RFC 3339), level, component, message, name=value. Control characters are escaped, so
// that no value can forge a line. No line break at the end.
std::string FormatLogLine(LogLevel level, std::string_view component, std::string_view message,
                          std::span<const LogField> fields);

// The same as one JSON object: time, level, component, message, and `fields` with the fields. Every value is a string;
// what is not UTF-8 is replaced.
std::string FormatLogJson(LogLevel level, std::string_view component, std::string_view message,
                          std::span<const LogField> fields);

// Writes lines of text of `minimum` and above to standard error, each with one write.
std::shared_ptr<LogSink> MakeStderrSink(LogLevel minimum);

// A small value to copy and keep, tagged with the component's id. Thread-safe.
class Logger {
 public:
  Logger(std::shared_ptr<LogSink> sink, std::string component);

  void Debug(std::string_view message, std::initializer_list<LogField> fields = {}) const;
  void Info(std::string_view message, std::initializer_list<LogField> fields = {}) const;
  void Warning(std::string_view message, std::initializer_list<LogField> fields = {}) const;
  void Error(std::string_view message, std::initializer_list<LogField> fields = {}) const;

  // Whether lines of that level are written: to be asked before fields are made that cost much.
  bool Enabled(LogLevel level) const { return level >= minimum_->load(std::memory_order_relaxed); }
  // As LogSink::TakesRequest; false when the component's level is above info.
  bool TakesRequest() const { return Enabled(LogLevel::kInfo) && sink_->TakesRequest(); }

 private:
  void Write(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) const;

  std::shared_ptr<LogSink> sink_;
  std::string component_;
  const std::atomic<LogLevel>* minimum_;  // of the sink
};

}  // namespace tomada

#endif  // TOMADA_LOG_H_
