#include "dispatch/timeout.h"

#include <absl/strings/ascii.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "rpc/timeout.h"

namespace tomada::pistache_http {
namespace {

using std::chrono::nanoseconds;

std::optional<nanoseconds> ParseSeconds(std::string_view text) {
  bool plain =
      !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return absl::ascii_isdigit(c) || c == '.'; });
  double seconds = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (!plain || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  std::chrono::duration<double> longest = rpc::kLongestTimeout;
  return seconds >= longest.count() ? rpc::kLongestTimeout : nanoseconds(std::llround(seconds * 1e9));
}

}  // namespace

absl::StatusOr<nanoseconds> TimeoutOf(const Request& request, nanoseconds longest) {
  nanoseconds timeout = longest;
  for (const net::Header& header : request.headers) {
    if (header.name == "grpc-timeout") {
      auto asked = rpc::ParseTimeout(header.value);
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
