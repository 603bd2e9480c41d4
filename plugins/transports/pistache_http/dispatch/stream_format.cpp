#include "dispatch/stream_format.h"

#include <algorithm>

#include "dispatch/accept.h"

namespace tomada::pistache_http {

const StreamFormat* ChooseStreamFormat(const Request& request) {
  int lines = 0;
  for (std::string_view name : {kNdjson, std::string_view("application/jsonl"), kJson}) {
    lines = std::max(lines, AcceptedQuality(request, name));
  }
  int events = AcceptedQuality(request, kEvents.content_type);
  if (lines == 0 && events == 0) return nullptr;
  return events > lines ? &kEvents : &kLines;
}

}  // namespace tomada::pistache_http
