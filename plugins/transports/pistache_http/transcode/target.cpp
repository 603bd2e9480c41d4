#include "transcode/target.h"

#include <algorithm>

#include "router/percent.h"

namespace tomada::pistache_http {
namespace {

// Takes "http://host:8000" off the front; any scheme. False when there is none.
bool RemoveOrigin(std::string_view& target) {
  size_t scheme = target.find("://");
  if (scheme == 0 || scheme == std::string_view::npos || scheme > target.find_first_of("/?")) return false;
  target.remove_prefix(std::min(target.find_first_of("/?", scheme + 3), target.size()));
  return true;
}

}  // namespace

std::optional<Target> ParseTarget(std::string_view text) {
  if (text == "*") return Target{text, {}};
  bool absolute = RemoveOrigin(text);
  Target target;
  size_t mark = std::min(text.find('?'), text.size());
  target.path = mark == 0 && absolute ? "/" : text.substr(0, mark);
  if (mark < text.size()) target.query = text.substr(mark + 1);
  if (target.path.empty() || target.path.front() != '/') return std::nullopt;
  return target;
}

std::optional<QueryParameters> ParseQuery(std::string_view query) {
  QueryParameters parameters;
  while (!query.empty()) {
    size_t end = std::min(query.find('&'), query.size());
    std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (pair.empty()) continue;
    size_t equals = std::min(pair.find('='), pair.size());
    auto name = PercentDecode(pair.substr(0, equals), Decode::kPlusIsSpace);
    auto value = PercentDecode(equals < pair.size() ? pair.substr(equals + 1) : "", Decode::kPlusIsSpace);
    if (!name || !value) return std::nullopt;
    parameters.emplace_back(std::move(*name), std::move(*value));
  }
  return parameters;
}

}  // namespace tomada::pistache_http
