// Which forms of an answer the client takes (RFC 9110, 12.5.1).
#pragma once

#include <string_view>

#include "dispatch/request.h"

namespace tomada::pistache_http {

// From 1000, wanted as much as anything, to 0, refused: what the most specific range in Accept that takes in `type`
// ("application/json") says. Without the header everything is wanted. Parameters other than `q` are not looked at.
int AcceptedQuality(const Request& request, std::string_view type);

// The most specific range that takes in `type` ("text/plain; charset=utf-8") says `q=0`. For what is served whether it
// is listed or not.
bool Refuses(const Request& request, std::string_view type);

}  // namespace tomada::pistache_http
