#include "host_config.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

namespace tomada {
namespace {

constexpr std::array<std::string_view, 4> kLevels = {"debug", "info", "warning", "error"};

}  // namespace

std::vector<std::pair<std::string, std::string>> HostConfig::LogLevels() const {
  std::vector<std::pair<std::string, std::string>> levels;
  for (const std::string& text : log_levels) {
    const size_t equals = text.find('=');
    if (equals != std::string::npos) levels.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return levels;
}

absl::Status HostConfig::CheckLogLevels(const HostConfig& config) {
  const auto levels = config.LogLevels();
  const bool good = levels.size() == config.log_levels.size() && std::ranges::all_of(levels, [](const auto& level) {
                      return std::ranges::find(kLevels, level.second) != kLevels.end();
                    });
  if (good) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "log.levels: expected ID=LEVEL with one of debug, info, warning, error, such as store=debug");
}

}  // namespace tomada
