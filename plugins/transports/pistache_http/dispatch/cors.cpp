#include "dispatch/cors.h"

#include <algorithm>
#include <regex>

namespace tomada::pistache_http {
namespace {

// What a header names of others: "content-type, x-request-id".
bool IsNameList(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           std::string_view("!#$%&'*+-.^_`|~, ").find(static_cast<char>(c)) != std::string_view::npos;
  });
}

}  // namespace

bool Cors::IsOrigin(std::string_view text) {
  static const std::regex kOrigin("[a-z][a-z0-9+.-]*://([a-z0-9._-]+|\\[[0-9a-f:.]+\\])(:[1-9][0-9]{0,4})?");
  const bool default_port = (text.starts_with("http://") && text.ends_with(":80")) ||
                            (text.starts_with("https://") && text.ends_with(":443"));
  return text == "null" || (!default_port && std::regex_match(text.begin(), text.end(), kOrigin));
}

Cors::Cors(Options options) : options_(std::move(options)) {
  any_ = std::find(options_.origins.begin(), options_.origins.end(), "*") != options_.origins.end();
}

bool Cors::IsPreflight(const Request& request) {
  return request.method == "OPTIONS" && request.Find("origin") && request.Find("access-control-request-method");
}

bool Cors::Allows(std::string_view origin) const {
  return any_ || std::find(options_.origins.begin(), options_.origins.end(), origin) != options_.origins.end();
}

void Cors::AddTo(const Request& request, net::Response& response) const {
  if (!enabled()) return;
  // Said also where no origin asks: a cache must not give one origin's answer to another.
  if (!any_) response.headers.emplace_back("vary", "Origin");
  auto origin = request.Find("origin");
  if (!origin || !Allows(*origin)) return;
  response.headers.emplace_back("access-control-allow-origin", any_ ? "*" : std::string(*origin));
  if (options_.credentials) response.headers.emplace_back("access-control-allow-credentials", "true");
  response.headers.emplace_back("access-control-expose-headers",
                                "Location, X-Request-Id, Retry-After, WWW-Authenticate");
}

void Cors::AddToPreflight(const Request& request, std::string allow, net::Response& response) const {
  auto origin = request.Find("origin");
  if (!origin || !Allows(*origin)) return;
  if (!allow.empty() && IsNameList(allow)) {
    response.headers.emplace_back("access-control-allow-methods", std::move(allow));
  }
  auto asked = request.Find("access-control-request-headers");
  if (asked && IsNameList(*asked)) response.headers.emplace_back("access-control-allow-headers", std::string(*asked));
  response.headers.emplace_back("access-control-max-age", std::to_string(options_.max_age.count()));
}

}  // namespace tomada::pistache_http
