#include "openapi/docs_pages.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include <sodium.h>

#include <fmt/format.h>

#include "codec/response.h"

namespace tomada::pistache_http {
namespace {

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

// Equal in all processes that serve the same bytes.
std::string EntityTag(std::string_view body) {
  unsigned char hash[crypto_generichash_BYTES_MIN];
  crypto_generichash(hash, sizeof hash, reinterpret_cast<const unsigned char*>(body.data()), body.size(), nullptr, 0);
  std::string tag = "\"";
  for (const unsigned char byte : hash) tag += fmt::format("{:02x}", byte);
  return tag + '"';
}

}  // namespace

DocsPages::DocsPages(std::string openapi, const std::string& assets, const std::string& public_url) {
  pages_.try_emplace("/", Page{kHtml, "", public_url.empty() ? "docs" : public_url + "/docs"});
  pages_.try_emplace("/openapi.json", Page{kJson, std::move(openapi), ""});
  const std::string style = assets + "/swagger-ui.css", script = assets + "/swagger-ui-bundle.js";
  if (!Exists(style) || !Exists(script)) {
    pages_.try_emplace("/docs", Page{kHtml, kNoAssets, ""});
    return;
  }
  pages_.try_emplace("/docs", Page{kHtml, kIndex, ""});
  pages_.try_emplace("/docs/start.js", Page{kScript, kStart, ""});
  pages_.try_emplace("/docs/swagger-ui.css", Page{kStyle, "", ""}, style);
  pages_.try_emplace("/docs/swagger-ui-bundle.js", Page{kScript, "", ""}, script);
}

const DocsPages::Page* DocsPages::Find(std::string_view path) const {
  auto found = pages_.find(path);
  if (found == pages_.end()) return nullptr;
  const Kept& kept = found->second;
  std::call_once(kept.read, [&kept] {
    if (!kept.file.empty()) kept.page.body = ReadFile(kept.file);
    kept.page.etag = EntityTag(kept.page.body);
  });
  return &kept.page;
}

}  // namespace tomada::pistache_http
