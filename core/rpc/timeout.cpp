#include "rpc/timeout.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include <absl/strings/ascii.h>
#include <fmt/format.h>

namespace tomada::rpc {
namespace {

using std::chrono::nanoseconds;

std::optional<nanoseconds> UnitOf(char unit) {
  switch (unit) {
    case 'H': return std::chrono::hours(1);
    case 'M': return std::chrono::minutes(1);
    case 'S': return std::chrono::seconds(1);
    case 'm': return std::chrono::milliseconds(1);
    case 'u': return std::chrono::microseconds(1);
    case 'n': return nanoseconds(1);
    default: return std::nullopt;
  }
}

}  // namespace

std::optional<nanoseconds> ParseTimeout(std::string_view text) {
  if (text.size() < 2 || text.size() > 9 || !std::all_of(text.begin(), text.end() - 1, absl::ascii_isdigit))
    return std::nullopt;
  const std::optional<nanoseconds> unit = UnitOf(text.back());
  if (!unit) return std::nullopt;
  int64_t count = 0;
  std::from_chars(text.data(), text.data() + text.size() - 1, count);
  return count > kLongestTimeout / *unit ? kLongestTimeout : count * *unit;
}

std::string PrintTimeout(nanoseconds timeout) {
  constexpr int64_t kMost = 99'999'999;
  const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(std::max(timeout, nanoseconds(1))).count();
  if (milliseconds <= kMost) return fmt::format("{}m", milliseconds);
  return fmt::format("{}S", std::min(milliseconds / 1000 + 1, kMost));
}

}  // namespace tomada::rpc
