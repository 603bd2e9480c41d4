#include "tomada/log.h"

#include <unistd.h>

#include <algorithm>

#include <absl/time/clock.h>
#include <absl/time/time.h>
#include <fmt/format.h>

namespace tomada {
namespace {

// How many bytes the character at the front of `text` has; 0 when it is to be escaped: a control character (C0, DEL,
// C1), a line or paragraph separator, a byte that is not UTF-8.
size_t PrintableLength(std::string_view text) {
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const auto continues = [&](size_t from, size_t to) {
    for (size_t i = from; i < to; ++i) {
      if ((byte(i) & 0xc0) != 0x80) return false;
    }
    return true;
  };
  const unsigned first = byte(0);
  if (first < 0x80) return first >= 0x20 && first != 0x7f ? 1 : 0;
  if (first >= 0xc2 && first <= 0xdf) return continues(1, 2) && !(first == 0xc2 && byte(1) < 0xa0) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    const unsigned code = (first & 0xf) << 12 | (byte(1) & 0x3f) << 6 | (byte(2) & 0x3f);
    const bool surrogate = code >= 0xd800 && code <= 0xdfff;
    return continues(1, 3) && code >= 0x800 && !surrogate && code != 0x2028 && code != 0x2029 ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const unsigned code = (first & 0x7) << 18 | (byte(1) & 0x3f) << 12;
    return continues(1, 4) && code >= 0x10000 && code <= 0x10ffff ? 4 : 0;
  }
  return 0;
}

void AppendEscaped(std::string& line, std::string_view text) {
  while (!text.empty()) {
    const size_t length = PrintableLength(text);
    const char c = text.front();
    if (c == '"' || c == '\\') {
      line += {'\\', c};
    } else if (c == '\n') {
      line += "\\n";
    } else if (length == 0) {
      line += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      line += text.substr(0, length);
    }
    text.remove_prefix(std::max<size_t>(length, 1));
  }
}

// A value that an escape, a space or a mark of the line's own grammar is part of.
bool NeedsQuotes(std::string_view value, std::string_view escaped) {
  return value != escaped || value.empty() || value.find_first_of(" =") != std::string_view::npos;
}

void AppendJsonString(std::string& line, std::string_view text) {
  line += '"';
  while (!text.empty()) {
    const auto c = static_cast<unsigned char>(text.front());
    const size_t length = c < 0x80 ? 1 : PrintableLength(text);
    if (c == '"' || c == '\\') {
      line += {'\\', text.front()};
    } else if (c < 0x20 || c == 0x7f) {
      line += fmt::format("\\u{:04x}", c);
    } else if (length == 0) {
      line += "\\ufffd";
    } else {
      line += text.substr(0, length);
    }
    text.remove_prefix(std::max<size_t>(length, 1));
  }
  line += '"';
}

std::string TimeText() { return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::Now(), absl::UTCTimeZone()); }

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

  const std::atomic<LogLevel>& LevelOf(std::string_view) const override { return minimum_; }

 private:
  const std::atomic<LogLevel> minimum_;
};

}  // namespace

LogSink::~LogSink() = default;
const std::atomic<LogLevel>& LogSink::LevelOf(std::string_view) const {
  static const std::atomic<LogLevel> kAll{LogLevel::kDebug};
  return kAll;
}
bool LogSink::SetLevel(std::string_view, LogLevel) { return false; }
bool LogSink::TakesRequest() { return true; }

std::string_view LogLevelName(LogLevel level) { return NameOf(level); }

std::string FormatLogLine(LogLevel level, std::string_view component, std::string_view message,
                          std::span<const LogField> fields) {
  std::string line = TimeText();
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
    std::string value;
    AppendEscaped(value, field.value);
    line += NeedsQuotes(field.value, value) ? '"' + value + '"' : value;
  }
  return line;
}

std::string FormatLogJson(LogLevel level, std::string_view component, std::string_view message,
                          std::span<const LogField> fields) {
  std::string line = R"({"time":")" + TimeText() + R"(","level":")";
  line += LogLevelName(level);
  line += R"(","component":)";
  AppendJsonString(line, component);
  line += R"(,"message":)";
  AppendJsonString(line, message);
  // Apart from the rest: a field may be called as one of those.
  line += R"(,"fields":{)";
  for (size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) line += ',';
    AppendJsonString(line, fields[i].name);
    line += ':';
    AppendJsonString(line, fields[i].value);
  }
  return line += "}}";
}

std::shared_ptr<LogSink> MakeStderrSink(LogLevel minimum) { return std::make_shared<StderrSink>(minimum); }

Logger::Logger(std::shared_ptr<LogSink> sink, std::string component)
    : sink_(std::move(sink)), component_(std::move(component)), minimum_(&sink_->LevelOf(component_)) {}

void Logger::Debug(std::string_view message, std::initializer_list<LogField> fields) const {
  Write(LogLevel::kDebug, message, fields);
}
void Logger::Info(std::string_view message, std::initializer_list<LogField> fields) const {
  Write(LogLevel::kInfo, message, fields);
}
void Logger::Warning(std::string_view message, std::initializer_list<LogField> fields) const {
  Write(LogLevel::kWarning, message, fields);
}
void Logger::Error(std::string_view message, std::initializer_list<LogField> fields) const {
  Write(LogLevel::kError, message, fields);
}

void Logger::Write(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) const {
  if (Enabled(level)) sink_->Write(level, component_, message, fields);
}

}  // namespace tomada
