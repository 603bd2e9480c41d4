#include "transcode/target.h"

#include <algorithm>
#include <utility>

#include "rpc/percent.h"

namespace tomada::pistache_http {
namespace {

// Removes "http://host:8000", of any scheme, from the front. False when there is none.
bool RemoveOrigin(std::string_view& target) {
  size_t scheme = target.find("://");
  if (scheme == 0 || scheme == std::string_view::npos || scheme > target.find_first_of("/?")) return false;
  target.remove_prefix(std::min(target.find_first_of("/?", scheme + 3), target.size()));
  return true;
}

// The text before and after the first `separator`; without one, the whole text and nothing.
std::pair<std::string_view, std::string_view> Cut(std::string_view text, char separator) {
  const size_t position = text.find(separator);
  if (position == std::string_view::npos) return {text, {}};
  return {text.substr(0, position), text.substr(position + 1)};
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
    const auto [pair, rest] = Cut(query, '&');
    query = rest;
    if (pair.empty()) continue;
    const auto [name, value] = Cut(pair, '=');
    auto decoded_name = rpc::PercentDecode(name, rpc::Decode::kPlusIsSpace);
    auto decoded_value = rpc::PercentDecode(value, rpc::Decode::kPlusIsSpace);
    if (!decoded_name || !decoded_value) return std::nullopt;
    parameters.emplace_back(std::move(*decoded_name), std::move(*decoded_value));
  }
  return parameters;
}

}  // namespace tomada::pistache_http
