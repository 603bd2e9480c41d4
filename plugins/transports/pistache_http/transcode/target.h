// The parts of a request target (RFC 9112, 3.2).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tomada::pistache_http {

struct Target {
  std::string_view path;   // percent-encoded, begins with '/'; "*" for the server as a whole
  std::string_view query;  // percent-encoded, without '?'
};

// Nothing when it is in none of the forms that a server takes: "/path?query", "http://host/path?query", "*".
std::optional<Target> ParseTarget(std::string_view target);

// Names and values in their order, decoded; empty pairs are left out. Nothing when an encoding is malformed.
using QueryParameters = std::vector<std::pair<std::string, std::string>>;
std::optional<QueryParameters> ParseQuery(std::string_view query);

}  // namespace tomada::pistache_http
