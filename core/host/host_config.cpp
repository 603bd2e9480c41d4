#include "host_config.h"

namespace tomada {

std::vector<std::pair<std::string, LogLevel>> HostConfig::LogLevels() const {
  std::vector<std::pair<std::string, LogLevel>> levels;
  for (const std::string& text : log_levels) {
    if (auto level = ParseLogLevel(text)) levels.push_back(*std::move(level));
  }
  return levels;
}

std::optional<std::pair<std::string, LogLevel>> HostConfig::ParseLogLevel(std::string_view text) {
  const size_t equals = text.find('=');
  if (equals == std::string_view::npos) return std::nullopt;
  const std::optional<LogLevel> level = ValueNamed<LogLevel>(text.substr(equals + 1));
  return level ? std::optional(std::pair(std::string(text.substr(0, equals)), *level)) : std::nullopt;
}

}  // namespace tomada
