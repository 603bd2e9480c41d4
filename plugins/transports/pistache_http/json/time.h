// Timestamp and Duration of google.protobuf as ProtoJSON writes them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tomada::json {

// RFC 3339 with any offset, 0 to 9 digits after the point, years 0001 to 9999 (of the result, in UTC); capital T and Z
// only; no leap seconds, which a Timestamp cannot hold.
bool ParseTimestamp(std::string_view text, int64_t* seconds, int32_t* nanos);
// In UTC with Z and 0, 3, 6 or 9 digits. False, with nothing appended, when out of range.
bool AppendTimestamp(int64_t seconds, int32_t nanos, std::string* out);

// "-1.5s": seconds, at most 315,576,000,000 either way, and 0 to 9 digits after the point. Both parts have the same
// sign.
bool ParseDuration(std::string_view text, int64_t* seconds, int32_t* nanos);
// With 0, 3, 6 or 9 digits. False, with nothing appended, when out of range or of two signs.
bool AppendDuration(int64_t seconds, int32_t nanos, std::string* out);

}  // namespace tomada::json
