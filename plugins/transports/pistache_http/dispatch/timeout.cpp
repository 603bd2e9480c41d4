#include "dispatch/timeout.h"

#include <absl/strings/ascii.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

namespace tomada::pistache_http {
namespace {

using std::chrono::nanoseconds;

constexpr nanoseconds kLongest = std::chrono::hours(24 * 365);

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

std::optional<nanoseconds> ParseGrpcTimeout(std::string_view text) {
  if (text.size() < 2 || text.size() > 9 || !std::all_of(text.begin(), text.end() - 1, absl::ascii_isdigit))
    return std::nullopt;
  auto unit = UnitOf(text.back());
  if (!unit) return std::nullopt;
  int64_t count = 0;
  std::from_chars(text.data(), text.data() + text.size() - 1, count);
  return count > kLongest / *unit ? kLongest : count * *unit;
}

std::optional<nanoseconds> ParseSeconds(std::string_view text) {
  bool plain =
      !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return absl::ascii_isdigit(c) || c == '.'; });
  double seconds = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (!plain || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  std::chrono::duration<double> longest = kLongest;
  return seconds >= longest.count() ? kLongest : nanoseconds(std::llround(seconds * 1e9));
}

}  // namespace

absl::StatusOr<nanoseconds> TimeoutOf(const Request& request, nanoseconds longest) {
  nanoseconds timeout = longest;
  for (const Header& header : request.headers) {
    if (header.name == "grpc-timeout") {
      auto asked = ParseGrpcTimeout(header.value);
      if (!asked) return absl::InvalidArgumentError("Grpc-Timeout is at most 8 digits and one of H, M, S, m, u, n");
      timeout = std::min(timeout, *asked);
    } else if (header.name == "x-server-timeout") {
      auto asked = ParseSeconds(header.value);
      if (!asked) return absl::InvalidArgumentError("X-Server-Timeout is a number of seconds");
      timeout = std::min(timeout, *asked);
    }
  }
  return timeout;
}

}  // namespace tomada::pistache_http
