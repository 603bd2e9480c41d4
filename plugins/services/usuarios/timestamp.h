// google.protobuf.Timestamp and absl::Time.
#pragma once

#include <optional>

#include <google/protobuf/timestamp.pb.h>

#include <absl/time/time.h>

namespace tomada::usuarios {

// Nothing outside 0001-01-01T00:00:00Z to 9999-12-31T23:59:59.999999999Z, which is all a Timestamp may hold.
std::optional<absl::Time> FromTimestamp(const google::protobuf::Timestamp& timestamp);

// `time` is within those bounds.
void ToTimestamp(absl::Time time, google::protobuf::Timestamp& timestamp);

// The instant that a store keeps for this expiry: whole milliseconds, rounded down.
absl::Time ToExpiry(absl::Time time);

}  // namespace tomada::usuarios
