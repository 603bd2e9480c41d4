// The Call of an HTTP request.
#pragma once

#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dispatch/request.h"
#include "net/server/response_stream.h"
#include "tomada/call.h"
#include "tomada/log.h"

namespace tomada::pistache_http {

// Which request headers reach a service. Thread-safe.
class ForwardedHeaders {
 public:
  // `names` in lower case. `max_size` is of all that a request has of them, in bytes as HTTP/2 counts them: names,
  // values and 32 for each (RFC 9113, 6.5.2).
  ForwardedHeaders(std::vector<std::string> names, size_t max_size, Logger log)
      : names_(std::move(names)), max_size_(max_size), log_(std::move(log)) {}

  // Of a header in lower case. The first time that one is held back, the log says so, at debug.
  bool Contains(std::string_view name) const;
  // Whether those of a request are within the size.
  bool Fit(const Request& request) const;

 private:
  bool IsNamed(std::string_view name) const;

  const std::vector<std::string> names_;
  const size_t max_size_;
  const Logger log_;
  mutable std::mutex mutex_;
  mutable std::set<std::string, std::less<>> told_;
};

class HttpCall final : public Call {
 public:
  // `request` and `forwarded` outlive the call.
  HttpCall(net::ResponseStream reply, Deadline deadline, const Request& request, const ForwardedHeaders& forwarded);

 private:
  // The forwarded headers, but none that Connection names (RFC 9110, 7.6.1) or that metadata cannot hold; the request's
  // id in any case.
  void LoadMetadata(Metadata& metadata) override;
  void LoadPeer(Peer& peer) override;

  const net::ResponseStream reply_;
  const Request& request_;
  const ForwardedHeaders& forwarded_;
};

// What a handler put into Call::response_metadata and may become a header: not what frames the response, nothing
// binary, and no control characters, which would forge further headers.
bool MayBeResponseHeader(const Metadata::Entry& entry);

}  // namespace tomada::pistache_http
