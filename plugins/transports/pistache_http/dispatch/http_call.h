// The Call of an HTTP request.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/request.h"
#include "tomada/call.h"

namespace tomada::pistache_http {

class HttpCall final : public Call {
 public:
  // `request` and `forwarded` (names in lower case) outlive the call.
  HttpCall(Executor& executor, Deadline deadline, const Request& request, const std::vector<std::string>& forwarded)
      : Call(executor, deadline), request_(request), forwarded_(forwarded) {}

 private:
  // The forwarded headers, but none that Connection names (RFC 9110, 7.6.1) or that metadata cannot hold; the request's
  // id in any case.
  void LoadMetadata(Metadata& metadata) override;

  const Request& request_;
  const std::vector<std::string>& forwarded_;
};

// About one connection only, or the framing of one message (RFC 9110, 7.6.1): never metadata. `name` is lower case.
bool IsHopByHop(std::string_view name);

// The client's X-Request-Id when it is fit for a header and a log line, by the rule of Call::id; else nothing.
std::optional<std::string_view> UsableRequestId(const Request& request);

// What a handler put into Call::response_metadata and may become a header: not what frames the response, nothing
// binary, and no control characters, which would forge further headers.
bool MayBeResponseHeader(const Metadata::Entry& entry);

}  // namespace tomada::pistache_http
