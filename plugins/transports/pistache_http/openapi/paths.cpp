#include "openapi/paths.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include <absl/strings/ascii.h>
#include <absl/strings/str_replace.h>

#include <fmt/format.h>

namespace tomada::pistache_http {
namespace {

// Names each wildcard after the variable it belongs to: "/v1/shelves/{name}/books/{name_2}".
Path NamePath(const PathTemplate& path) {
  Path named;
  std::set<std::string> taken;
  for (size_t i = 0; i < path.segments.size(); ++i) {
    named.text += '/';
    if (path.segments[i].kind == PathTemplate::Segment::Kind::kLiteral) {
      named.text += path.segments[i].literal;
      continue;
    }
    auto variable = std::find_if(path.variables.begin(), path.variables.end(),
                                 [i](const auto& one) { return one.begin <= i && i < one.end; });
    const std::string wanted = variable == path.variables.end() ? "segment" : variable->field_path;
    std::string name = wanted;
    for (int n = 2; !taken.insert(name).second; ++n) name = fmt::format("{}_{}", wanted, n);
    named.text.append("{").append(name).append("}");
    named.parameters.push_back({std::move(name), i});
  }
  if (path.segments.empty()) named.text += '/';
  if (!path.verb.empty()) named.text.append(":").append(path.verb);
  return named;
}

bool IsDescribable(const HttpRule& rule) {
  constexpr std::string_view kMethods[] = {"GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE"};
  return std::find(std::begin(kMethods), std::end(kMethods), rule.method) != std::end(kMethods);
}

// The first one wins: `*` and `**` at one place are two routes, but one path.
void Add(Operation operation, Path& path) {
  const bool taken = std::any_of(path.operations.begin(), path.operations.end(),
                                 [&](const Operation& one) { return one.http_method == operation.http_method; });
  if (!taken) path.operations.push_back(std::move(operation));
}

}  // namespace

std::vector<Path> PathsOf(const std::vector<const Service*>& services) {
  std::vector<Path> paths;
  std::map<std::string, size_t> by_shape;
  for (const Service* service : services) {
    for (const Method& method : service->methods) {
      auto rules = HttpRulesOf(*method.descriptor);
      if (!rules.ok()) continue;
      int number = 0;
      for (const HttpRule& rule : *rules) {
        ++number;
        auto path = PathTemplate::Parse(rule.path);
        auto success = SuccessRule::Make(*method.descriptor, rule);
        if (!path.ok() || !success.ok() || !IsDescribable(rule)) continue;
        const std::string shape = absl::StrReplaceAll(path->Shape(), {{"**", "*"}});
        auto [entry, added] = by_shape.try_emplace(shape, paths.size());
        if (added) paths.push_back(NamePath(*path));
        Add({absl::AsciiStrToLower(rule.method), &method, rule, *std::move(success), *path, number},
            paths[entry->second]);
      }
    }
  }
  return paths;
}

}  // namespace tomada::pistache_http
