// UUIDs (RFC 9562), written in lower case.
#pragma once

#include <string>
#include <string_view>

#include <absl/time/time.h>

namespace tomada::usuarios {

// Version 7: the time in milliseconds, then 74 random bits. Sorts by the time it was made. `now` is not before 1970.
std::string TimeOrderedUuid(absl::Time now);

// Version 8: from the SHA-256 of `text`, so the same text gives the same id.
std::string UuidFromText(std::string_view text);

}  // namespace tomada::usuarios
