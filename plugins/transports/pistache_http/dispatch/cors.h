// Cross-origin requests of browsers (https://fetch.spec.whatwg.org/#http-cors-protocol).
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "dispatch/request.h"
#include "net/server/response.h"

namespace tomada::pistache_http {

class Cors {
 public:
  struct Options {
    std::vector<std::string> origins;  // "https://app.example.com"; "*" for any; none switches it off
    bool credentials = false;          // not with "*"
    std::chrono::seconds max_age{0};   // how long a browser remembers the answer to a preflight
  };

  explicit Cors(Options options);

  // Whether a browser may send it as an Origin (https://html.spec.whatwg.org/#ascii-serialisation-of-an-origin):
  // "https://app.example.com", "http://localhost:3000", "null".
  static bool IsOrigin(std::string_view text);

  bool enabled() const { return !options_.origins.empty(); }
  // Asks whether the real request may be sent.
  static bool IsPreflight(const Request& request);

  // To every response: who may read it, where an origin asks.
  void AddTo(const Request& request, net::Response& response) const;
  // To that of a preflight as well: `allow`, the methods of the path, and whatever headers are asked for.
  void AddToPreflight(const Request& request, std::string allow, net::Response& response) const;

 private:
  bool Allows(std::string_view origin) const;

  Options options_;
  bool any_ = false;
};

}  // namespace tomada::pistache_http
