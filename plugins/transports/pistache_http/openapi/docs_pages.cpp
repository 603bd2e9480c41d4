#include "openapi/docs_pages.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>

#include "transcode/content_types.h"

namespace tomada::pistache_http {
namespace {

constexpr char kDocument[] = "/openapi.json";

constexpr std::string_view kHtml = "text/html; charset=utf-8";
constexpr std::string_view kScript = "text/javascript; charset=utf-8";
constexpr std::string_view kStyle = "text/css; charset=utf-8";

constexpr char kIndex[] = R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>API</title>
<link rel="stylesheet" href="docs/swagger-ui.css">
<link rel="icon" href="data:,">
</head>
<body>
<div id="swagger-ui"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
)";

constexpr char kStart[] = R"(window.ui = SwaggerUIBundle({
  url: new URL("openapi.json", document.baseURI).href,
  dom_id: "#swagger-ui",
  deepLinking: true,
  displayOperationId: true,
  onComplete: () => { document.title = window.ui.specSelectors.info().get("title"); },
});
)";

constexpr char kNoAssets[] = R"(<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>API</title><link rel="icon" href="data:,"></head>
<body>
<h1>API</h1>
<p>The description of this API is at <a href="openapi.json">/openapi.json</a>.</p>
<p>This build was made without npm, so it lacks Swagger UI. To see it here, install npm, configure the build again and
install it, or give any viewer of OpenAPI the address above.</p>
</body>
</html>
)";

bool Exists(const std::string& path) {
  std::error_code error;
  return std::filesystem::exists(path, error);
}

// Empty when it is gone.
std::string ReadFile(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return std::move(text).str();
}

}  // namespace

DocsPages::DocsPages(std::string openapi, const std::string& assets, const std::string& public_url) {
  pages_.try_emplace(kDocument, DocsPage{kJson, std::move(openapi), ""});
  AddPages(assets, public_url);
}

DocsPages::DocsPages(std::unique_ptr<CallersDocument> document, const std::string& assets,
                     const std::string& public_url)
    : document_(std::move(document)) {
  AddPages(assets, public_url);
}

void DocsPages::AddPages(const std::string& assets, const std::string& public_url) {
  pages_.try_emplace("/", DocsPage{kHtml, "", public_url.empty() ? "docs" : public_url + "/docs"});
  const std::string style = assets + "/swagger-ui.css", script = assets + "/swagger-ui-bundle.js";
  if (!Exists(style) || !Exists(script)) {
    pages_.try_emplace("/docs", DocsPage{kHtml, kNoAssets, ""});
    return;
  }
  pages_.try_emplace("/docs", DocsPage{kHtml, kIndex, ""});
  pages_.try_emplace("/docs/start.js", DocsPage{kScript, kStart, ""});
  pages_.try_emplace("/docs/swagger-ui.css", DocsPage{kStyle, "", ""}, style);
  pages_.try_emplace("/docs/swagger-ui-bundle.js", DocsPage{kScript, "", ""}, script);
}

const DocsPage* DocsPages::Find(std::string_view path) const {
  auto found = pages_.find(path);
  if (found == pages_.end()) return nullptr;
  const Kept& kept = found->second;
  std::call_once(kept.read, [&kept] {
    if (!kept.file.empty()) kept.page.body = ReadFile(kept.file);
    kept.page.etag = EntityTag(kept.page.body);
  });
  return &kept.page;
}

CallersDocument* DocsPages::FindForCallers(std::string_view path) const {
  return path == kDocument ? document_.get() : nullptr;
}

}  // namespace tomada::pistache_http
