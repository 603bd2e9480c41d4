#include "cli/profile_schema.h"

#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "cli/json.h"
#include "cli/json_schema.h"
#include "cli/plugin_text.h"
#include "host_config.h"
#include "plan.h"

namespace tomada {
namespace {

// As profile.cpp reads them; `host` is no component.
constexpr std::string_view kIdPattern = "^(?!host$)[a-z][a-z0-9_-]{0,62}$";

std::string Const(std::string_view text) { return json::Object({{"const", json::String(text)}}); }

std::string Described(std::string_view description, json::Members members) {
  members.insert(members.begin(), {"description", json::String(description)});
  return json::Object(members);
}

json::Members Map(json::Members members) {
  members.insert(members.begin(), {"type", json::String("object")});
  return members;
}

// A map with these keys and no others.
json::Members MapOf(const json::Members& keys) {
  return Map({{"additionalProperties", json::Bool(false)}, {"properties", json::Object(keys)}});
}

json::Members List(const std::string& item, size_t min, json::Members more = {}) {
  more.insert(more.begin(), {{"type", json::String("array")}, {"items", item}, {"minItems", fmt::format("{}", min)}});
  return more;
}

json::Members OneOrList(const std::string& item, size_t min, json::Members more = {}) {
  return {{"anyOf", json::Array({item, json::Object(List(item, min, std::move(more)))})}};
}

std::string PortSchema(const Port& port) {
  const std::string id = port.kind == Kind::kHost ? Const(kHostId) : TextSchema(kIdPattern);
  json::Members bounds = {{"uniqueItems", json::Bool(true)}};
  if (port.count != Port::Count::kOneOrMore) bounds.emplace_back("maxItems", "1");
  return Described(fmt::format("{} ({})", port.help, PortTakes(port)),
                   OneOrList(json::Object(OrVariable(id)), port.count == Port::Count::kOptional ? 0 : 1, bounds));
}

// `then` holds for components of the plugin.
std::string When(const Plugin& plugin, const json::Members& then) {
  const std::string is = json::Object({{"plugin", Const(plugin.name)}});
  const std::string condition = json::Object({{"properties", is}, {"required", json::Strings({"plugin"})}});
  return json::Object({{"if", condition}, {"then", json::Object(then)}});
}

// What such a component may have.
std::string Allowed(const Plugin& plugin) {
  json::Members ports;
  for (const Port& port : plugin.ports) ports.emplace_back(port.name, PortSchema(port));
  return When(plugin, {{"properties", json::Object({{"plugin", Described(plugin.summary, {})},
                                                    {"uses", json::Object(MapOf(ports))},
                                                    {"config", json::Object(ConfigKeysSchema(plugin.config))}})}});
}

// What it must have.
std::string Needed(const Plugin& plugin) {
  std::vector<std::string> keys, ports;
  for (const Port& port : plugin.ports) {
    if (port.count != Port::Count::kOptional) ports.push_back(port.name);
  }
  if (!ports.empty()) keys.emplace_back("uses");
  if (HasRequiredKeys(plugin.config)) keys.emplace_back("config");
  return When(plugin, {{"required", json::Strings(keys)},
                       {"properties", json::Object({{"uses", json::Object({{"required", json::Strings(ports)}})},
                                                    {"config", json::Object(RequiredKeysSchema(plugin.config))}})}});
}

// A component of any of these plugins.
std::string ComponentSchema(const std::vector<std::string>& plugins, const std::vector<std::string>& allowed) {
  const std::string id = json::Object({{"anyOf", json::Array({TextSchema(kIdPattern), Const(kHostId)})}});
  const std::string ids = json::Object(OneOrList(json::Object(OrVariable(id)), 0));
  json::Members component =
      MapOf({{"plugin", Described("What it is made of.", OrVariable(json::Object({{"enum", json::Strings(plugins)}})))},
             {"uses", Described("By port: a component's id, or a list of them.", Map({{"additionalProperties", ids}}))},
             {"config", Described("Keys of the plugin: `tomada describe PLUGIN`.", Map({}))}});
  component.emplace_back("allOf", json::Array(allowed));
  return json::Object(component);
}

}  // namespace

std::string ProfileSchema(const PluginSet& plugins) {
  std::vector<std::string> names, allowed, needed;
  for (const auto& [name, entry] : plugins.loaded) {
    names.push_back(name);
    allowed.push_back(Allowed(entry.plugin));
    needed.push_back(Needed(entry.plugin));
  }
  const std::string path = json::Object({{"type", json::String("string")}, {"minLength", "1"}});
  const std::string folders = json::Object(OneOrList(path, 1));
  json::Members only = MapOf({{"only", folders}});
  only.emplace_back("required", json::Strings({"only"}));
  const json::Members components = {{"propertyNames", TextSchema(kIdPattern)},
                                    {"additionalProperties", ComponentSchema(names, allowed)}};
  const json::Members whole = {{"required", json::Strings({"plugin"})}, {"allOf", json::Array(needed)}};
  const json::Members whole_components = {{"minProperties", "1"}, {"additionalProperties", json::Object(whole)}};

  json::Members schema = {{"$schema", json::String("http://json-schema.org/draft-07/schema#")},
                          {"title", json::String("A profile of tomada")}};
  const json::Members keys = {
      {"include", Described("Files that are read first. What comes later wins.", List(path, 1))},
      {"plugins", Described("Folders with plugins, beside the installed ones; under `only` in place of them.",
                            {{"anyOf", json::Array({folders, json::Object(only)})}})},
      {"host", Described("The host itself.", ConfigKeysSchema(ConfigSchema::Of<HostConfig>()))},
      {"components", Described("What runs, by id.", Map(components))}};
  for (auto& member : MapOf(keys)) schema.push_back(std::move(member));
  // A file that includes others needs nothing of its own.
  schema.emplace_back("if", json::Object({{"required", json::Strings({"include"})}}));
  schema.emplace_back("else",
                      json::Object({{"properties", json::Object({{"components", json::Object(whole_components)}})}}));
  return json::Object(schema) + '\n';
}

}  // namespace tomada
