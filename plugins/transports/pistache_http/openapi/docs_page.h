// What the live documentation answers with.
#pragma once

#include <string>
#include <string_view>

namespace tomada::pistache_http {

struct DocsPage {
  std::string_view content_type;
  std::string body;
  std::string location;   // where it redirects to; empty when it is a page
  std::string etag = {};  // of the body, with its quotes
};

// Equal in all processes that serve the same bytes.
std::string EntityTag(std::string_view body);

}  // namespace tomada::pistache_http
