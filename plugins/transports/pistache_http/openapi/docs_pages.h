// The pages of the live documentation: /openapi.json, /docs and what /docs loads.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "openapi/callers_document.h"
#include "openapi/docs_page.h"

namespace tomada::pistache_http {

// Thread-safe. Everything comes from this server: it works without the Internet. The files of Swagger UI are read when
// somebody first asks for them: most servers are never asked.
class DocsPages {
 public:
  // No pages.
  DocsPages() = default;
  // `assets` is the folder with the files of Swagger UI (the npm package swagger-ui-dist). Without them /docs says how
  // to get them. The pages refer to one another by relative links, and so work behind a proxy that takes a prefix off
  // the path; `public_url` is where `/` leads to then, empty for a relative link too.
  DocsPages(std::string openapi, const std::string& assets, const std::string& public_url = "");
  // The same with a document for each caller.
  DocsPages(std::unique_ptr<CallersDocument> document, const std::string& assets, const std::string& public_url = "");

  // Null when there is none at this path. The page lives as long as this and does not change.
  const DocsPage* Find(std::string_view path) const;
  // The document, where each caller has its own: Find does not have it then. Null at any other path.
  CallersDocument* FindForCallers(std::string_view path) const;

 private:
  struct Kept {
    explicit Kept(DocsPage page, std::string file = "") : file(std::move(file)), page(std::move(page)) {}
    const std::string file;  // that the body is read from; empty when it is there already
    mutable std::once_flag read;
    mutable DocsPage page;
  };

  void AddPages(const std::string& assets, const std::string& public_url);

  std::map<std::string, Kept, std::less<>> pages_;
  std::unique_ptr<CallersDocument> document_;
};

}  // namespace tomada::pistache_http
