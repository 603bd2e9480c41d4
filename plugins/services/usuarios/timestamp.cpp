#include "timestamp.h"

namespace tomada::usuarios {
namespace {

// The bounds that timestamp.proto gives.
constexpr int64_t kMinSeconds = -62135596800;
constexpr int64_t kMaxSeconds = 253402300799;
constexpr int32_t kMaxNanos = 999'999'999;

}  // namespace

std::optional<absl::Time> FromTimestamp(const google::protobuf::Timestamp& timestamp) {
  if (timestamp.seconds() < kMinSeconds || timestamp.seconds() > kMaxSeconds) return std::nullopt;
  if (timestamp.nanos() < 0 || timestamp.nanos() > kMaxNanos) return std::nullopt;
  return absl::FromUnixSeconds(timestamp.seconds()) + absl::Nanoseconds(timestamp.nanos());
}

void ToTimestamp(absl::Time time, google::protobuf::Timestamp& timestamp) {
  int64_t seconds = absl::ToUnixSeconds(time);  // rounds down, so that the rest is never negative
  timestamp.set_seconds(seconds);
  timestamp.set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds))));
}

absl::Time ToExpiry(absl::Time time) { return absl::FromUnixMillis(absl::ToUnixMillis(time)); }

}  // namespace tomada::usuarios
