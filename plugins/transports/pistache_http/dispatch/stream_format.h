// How a stream of messages is written into one body.
#pragma once

#include <string_view>

#include "dispatch/request.h"
#include "transcode/content_types.h"

namespace tomada::pistache_http {

// What stands around each JSON text. A stream that fails after its head has gone out ends with the status as `error`;
// one that succeeds ends with `end`.
struct StreamFormat {
  std::string_view content_type;
  std::string_view before, after;
  std::string_view before_error, after_error;
  std::string_view end;
};

inline constexpr StreamFormat kLines{kNdjson, "", "\n", "{\"error\":", "}\n", ""};
// Server-sent events. The last one tells a browser's EventSource to close; it would connect again by itself.
inline constexpr StreamFormat kEvents{"text/event-stream",    "data: ", "\n\n",
                                      "event: error\ndata: ", "\n\n",   "event: end\ndata: {}\n\n"};

// By Accept: events where they are wanted more than lines. application/json takes lines too. Null when it refuses both.
const StreamFormat* ChooseStreamFormat(const Request& request);

}  // namespace tomada::pistache_http
