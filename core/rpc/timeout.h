// The values of grpc-timeout, "250m": at most eight digits and one of H, M, S, m, u, n.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace tomada::rpc {

// No timeout that is read is longer.
inline constexpr std::chrono::nanoseconds kLongestTimeout = std::chrono::hours(24 * 365);

// Nothing when it is malformed.
std::optional<std::chrono::nanoseconds> ParseTimeout(std::string_view text);
// At least `timeout` and one millisecond, as near as eight digits of milliseconds or seconds come. At most three years,
// whatever it is.
std::string PrintTimeout(std::chrono::nanoseconds timeout);

}  // namespace tomada::rpc
