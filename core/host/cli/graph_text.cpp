#include "cli/graph_text.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/json.h"
#include "cli/plugin_text.h"

namespace tomada {
namespace {

// "services: usuarios, admin; store: store".
std::string UsesOf(const PlannedComponent& component) {
  std::vector<std::string> ports;
  for (const auto& [port, ids] : component.uses) ports.push_back(fmt::format("{}: {}", port, fmt::join(ids, ", ")));
  return fmt::format("{}", fmt::join(ports, "; "));
}

// A quoted string of the DOT language, in which a label's \n is a line break.
std::string DotString(std::string_view text) {
  std::string result = "\"";
  for (char c : text) {
    if (c == '\n') {
      result += "\\n";
    } else {
      if (c == '"' || c == '\\') result += '\\';
      result += c;
    }
  }
  return result + '"';
}

std::string_view ShapeOf(Kind kind) {
  switch (kind) {
    case Kind::kStore: return "cylinder";
    case Kind::kService: return "box";
    case Kind::kTransport: return "cds";
    case Kind::kHost: return "octagon";
  }
  return "box";
}

std::string DotNode(std::string_view id, std::string_view label, Kind kind) {
  return fmt::format("  {} [label={}, shape={}];\n", DotString(id), DotString(label), ShapeOf(kind));
}

bool Degrades(const Plugin& plugin, std::string_view port) {
  const auto found = std::ranges::find(plugin.ports, port, &Port::name);
  return found != plugin.ports.end() && found->degrades;
}

}  // namespace

std::string GraphAsText(const Plan& plan) {
  std::vector<std::vector<std::string>> rows;
  for (const PlannedComponent& component : plan.components)
    rows.push_back({std::to_string(rows.size() + 1), component.id, component.plugin->name, UsesOf(component)});
  return AlignedColumns(rows);
}

std::string GraphAsDot(const Plan& plan) {
  std::string nodes, edges;
  bool host_is_used = false;
  for (const PlannedComponent& component : plan.components) {
    nodes += DotNode(component.id, component.id + '\n' + component.plugin->name, component.plugin->kind);
    for (const auto& [port, ids] : component.uses) {
      const std::string_view style = Degrades(*component.plugin, port) ? ", style=dashed" : "";
      for (const std::string& id : ids) {
        host_is_used |= id == kHostId;
        edges +=
            fmt::format("  {} -> {} [label={}{}];\n", DotString(component.id), DotString(id), DotString(port), style);
      }
    }
  }
  if (host_is_used) nodes += DotNode(kHostId, kHostId, Kind::kHost);
  return "digraph profile {\n  rankdir=LR;\n" + nodes + edges + "}\n";
}

std::string GraphAsJson(const Plan& plan) {
  std::vector<std::string> components;
  for (const PlannedComponent& component : plan.components) {
    json::Members uses;
    for (const auto& [port, ids] : component.uses) uses.emplace_back(port, json::Strings(ids));
    components.push_back(json::Object({{"id", json::String(component.id)},
                                       {"plugin", json::String(component.plugin->name)},
                                       {"kind", json::String(KindName(component.plugin->kind))},
                                       {"uses", json::Object(uses)}}));
  }
  return json::Object({{"components", json::Array(components)}}) + '\n';
}

}  // namespace tomada
