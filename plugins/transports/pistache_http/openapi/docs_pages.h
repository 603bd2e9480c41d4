// The pages of the live documentation: /openapi.json, /docs and what /docs loads.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace tomada::pistache_http {

// Thread-safe. Everything comes from this server: it works without the Internet. The files of Swagger UI are read when
// somebody first asks for them: most servers are never asked.
class DocsPages {
 public:
  struct Page {
    std::string_view content_type;
    std::string body;
    std::string location;   // where it redirects to; empty when it is a page
    std::string etag = {};  // of the body, with its quotes
  };

  // No pages.
  DocsPages() = default;
  // `assets` is the folder with the files of Swagger UI (the npm package swagger-ui-dist). Without them /docs says how
  // to get them. The pages refer to one another by relative links, and so work behind a proxy that takes a prefix off
  // the path; `public_url` is where `/` leads to then, empty for a relative link too.
  DocsPages(std::string openapi, const std::string& assets, const std::string& public_url = "");

  // Null when there is none at this path. The page lives as long as this and does not change.
  const Page* Find(std::string_view path) const;

 private:
  struct Kept {
    explicit Kept(Page page, std::string file = "") : file(std::move(file)), page(std::move(page)) {}
    const std::string file;  // that the body is read from; empty when it is there already
    mutable std::once_flag read;
    mutable Page page;
  };

  std::map<std::string, Kept, std::less<>> pages_;
};

}  // namespace tomada::pistache_http
