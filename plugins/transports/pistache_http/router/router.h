// Router: from method and path to the route that serves them.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/status.h>

#include "router/path_template.h"

namespace tomada::pistache_http {

// All templates in one tree. At each segment a literal is tried before `*` and `*` before `**`, and when the first way
// does not lead to a route the next one is tried. A verb (text after the last colon) is one only where a template has
// it; otherwise it belongs to the segment. Built on one thread, then read from any.
class Router {
 public:
  Router();
  Router(Router&&) noexcept;
  Router& operator=(Router&&) noexcept;
  ~Router();

  // `method` is upper case as in HTTP, or "*" for any that has no route of its own. `owner` says whose route it is, for
  // error messages. ALREADY_EXISTS, naming both owners, when another route matches the same requests.
  absl::Status Add(std::string_view method, const PathTemplate& path, std::string owner, size_t route);

  struct Match {
    enum class Result { kFound, kNoPath, kNoMethod, kMalformed };
    Result result = Result::kNoPath;
    size_t route = 0;                 // what Add was given
    std::vector<std::string> values;  // of the template's variables, in their order, decoded
    std::string allow;                // when not found: the methods that the path has, "GET, HEAD, OPTIONS"; else empty
  };

  // `path` without query, percent-encoded. HEAD is served by a GET route where it has none of its own.
  Match Find(std::string_view method, std::string_view path) const;

 private:
  struct Leaf;
  struct Node;
  class Search;

  std::unique_ptr<Node> root_;
};

}  // namespace tomada::pistache_http
