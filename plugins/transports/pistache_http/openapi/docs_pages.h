// The pages of the live documentation: /openapi.json, /docs and what /docs loads.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace tomada::pistache_http {

// Immutable after it was made. Everything is in memory and comes from this server: it works without the Internet.
class DocsPages {
 public:
  struct Page {
    std::string_view content_type;
    std::string body;
    std::string location;  // where it redirects to; empty when it is a page
  };

  // No pages.
  DocsPages() = default;
  // `assets` is the folder with the files of Swagger UI (the npm package swagger-ui-dist). Without them /docs says how
  // to get them.
  DocsPages(std::string openapi, const std::string& assets);

  // Null when there is none at this path.
  const Page* Find(std::string_view path) const;

 private:
  std::map<std::string, Page, std::less<>> pages_;
};

}  // namespace tomada::pistache_http
