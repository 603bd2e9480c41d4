#include "openapi/docs_pages.h"

#include <fstream>
#include <iterator>
#include <optional>

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
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="icon" href="data:,">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
)";

constexpr char kStart[] =
    R"(window.ui = SwaggerUIBundle({url: "/openapi.json", dom_id: "#swagger-ui", deepLinking: true});
)";

constexpr char kNoAssets[] = R"(<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>API</title><link rel="icon" href="data:,"></head>
<body>
<h1>API</h1>
<p>The description of this API is at <a href="/openapi.json">/openapi.json</a>.</p>
<p>This build was made without npm, so it lacks Swagger UI. To see it here, install npm, configure the build again and
install it, or give any viewer of OpenAPI the address above.</p>
</body>
</html>
)";

std::optional<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

}  // namespace

DocsPages::DocsPages(std::string openapi, const std::string& assets) {
  pages_["/"] = Page{kHtml, "", "/docs"};
  pages_["/openapi.json"] = Page{kJson, std::move(openapi), ""};
  auto style = ReadFile(assets + "/swagger-ui.css");
  auto script = ReadFile(assets + "/swagger-ui-bundle.js");
  if (!style || !script) {
    pages_["/docs"] = Page{kHtml, kNoAssets, ""};
    return;
  }
  pages_["/docs"] = Page{kHtml, kIndex, ""};
  pages_["/docs/start.js"] = Page{kScript, kStart, ""};
  pages_["/docs/swagger-ui.css"] = Page{kStyle, std::move(*style), ""};
  pages_["/docs/swagger-ui-bundle.js"] = Page{kScript, std::move(*script), ""};
}

const DocsPages::Page* DocsPages::Find(std::string_view path) const {
  auto found = pages_.find(path);
  return found == pages_.end() ? nullptr : &found->second;
}

}  // namespace tomada::pistache_http
