#include "cli/json_schema.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "cli/plugin_text.h"

namespace tomada {
namespace {

// As config.cpp reads them.
constexpr std::string_view kDurationPattern = R"(^([0-9]+(\.[0-9]+)?(ns|us|ms|s|m|h))+$)";
constexpr std::string_view kSizePattern = "^[0-9]+(B|KiB|MiB|GiB)?$";
constexpr std::string_view kAddressPattern = R"(^([^:\[\] \t/]+|\[[^\[\] \t/]+\]):[0-9]{1,5}$)";
constexpr std::string_view kVariablePattern = R"(\$\{[^}]*\})";

// Whether all keys of an object stand in it, or some may stand in another file.
enum class Extent { kWhole, kPart };

// The host takes a number's text where it expects a text.
std::string AnyText() { return json::Object({{"type", json::Strings({"string", "number", "boolean"})}}); }

std::string Within(std::optional<double> min, std::optional<double> max, json::Members members) {
  if (min) members.emplace_back("minimum", fmt::format("{}", *min));
  if (max) members.emplace_back("maximum", fmt::format("{}", *max));
  return json::Object(members);
}

json::Members Keys(const ConfigSchema& schema, const std::string& prefix, Extent extent);

// A secret may be in a file.
std::string OrFile(const ConfigField& field, const std::string& value) {
  if (!field.secret) return value;
  const std::string path = json::Object({{"type", json::String("string")}, {"minLength", "1"}});
  const std::string file = json::Object({{"type", json::String("object")},
                                         {"additionalProperties", json::Bool(false)},
                                         {"properties", json::Object({{"file", path}})},
                                         {"required", json::Strings({"file"})}});
  return json::Object({{"anyOf", json::Array({value, file})}});
}

std::string ListOf(const std::string& items) {
  return json::Object({{"type", json::String("array")}, {"items", items}});
}

// What may be written for the field, apart from variables and files.
std::string ValueSchema(const ConfigField& field, Extent extent) {
  switch (field.type) {
    case ConfigType::kBool: return json::Object({{"type", json::String("boolean")}});
    case ConfigType::kInteger: return Within(field.min, field.max, {{"type", json::String("integer")}});
    case ConfigType::kNumber: return Within(field.min, field.max, {{"type", json::String("number")}});
    case ConfigType::kDuration: return TextSchema(kDurationPattern);
    case ConfigType::kSize:
      return Within(field.min.value_or(0), field.max,
                    {{"type", json::Strings({"string", "integer"})}, {"pattern", json::String(kSizePattern)}});
    case ConfigType::kAddress: return TextSchema(kAddressPattern);
    case ConfigType::kStringList: return ListOf(OrFile(field, AnyText()));
    case ConfigType::kObject: return json::Object(Keys(*field.object, "", extent));
    case ConfigType::kObjectList: return ListOf(json::Object(Keys(*field.object, "", Extent::kWhole)));
    case ConfigType::kObjectMap:
      return json::Object({{"type", json::String("object")},
                           {"propertyNames", json::Object({{"minLength", "1"}, {"maxLength", "128"}})},
                           {"additionalProperties", json::Object(Keys(*field.object, "", extent))}});
    case ConfigType::kString: break;
  }
  return field.choices.empty() ? AnyText() : json::Object({{"enum", json::Strings(field.choices)}});
}

std::string DefaultJson(const ConfigValue& value) {
  if (auto* list = std::get_if<std::vector<std::string>>(&value)) return json::Strings(*list);
  const std::string text = FormatConfigValue(value);
  const bool plain = std::holds_alternative<bool>(value) || std::holds_alternative<int64_t>(value) ||
                     std::holds_alternative<double>(value);
  return plain ? text : json::String(text);
}

std::string FieldSchema(const ConfigField& field, Extent extent) {
  const std::string range = RangeText(field);
  const std::string type = range.empty() ? TypeText(field) : TypeText(field) + ", " + range;
  const std::string value = ValueSchema(field, extent);
  json::Members members = OrVariable(field.type == ConfigType::kStringList ? value : OrFile(field, value));
  members.emplace_back("description", json::String(fmt::format("{} ({})", field.help, type)));
  if (!field.required && !field.secret && !field.object)
    members.emplace_back("default", DefaultJson(field.default_value));
  if (field.claims) members.emplace_back("x-tomada-claims", json::String(ClaimName(*field.claims)));
  return json::Object(members);
}

// The key below `prefix`, "" or "group.", that is or holds the field; empty when it is not below it.
std::string KeyBelow(const std::string& prefix, const ConfigField& field) {
  if (!field.name.starts_with(prefix)) return "";
  return field.name.substr(prefix.size(), field.name.find('.', prefix.size()) - prefix.size());
}

// An object that is not given has its keys' defaults, if all have one.
bool IsRequired(const ConfigField& field) {
  return field.required || (field.type == ConfigType::kObject && HasRequiredKeys(*field.object));
}

std::string RequiredBelow(const ConfigSchema& schema, const std::string& prefix) {
  std::vector<std::string> keys;
  for (const ConfigField& field : schema.fields) {
    const std::string key = KeyBelow(prefix, field);
    if (!key.empty() && IsRequired(field) && std::ranges::find(keys, key) == keys.end()) keys.push_back(key);
  }
  return json::Strings(keys);
}

json::Members Keys(const ConfigSchema& schema, const std::string& prefix, Extent extent) {
  json::Members properties;
  std::set<std::string> seen;
  for (const ConfigField& field : schema.fields) {
    const std::string key = KeyBelow(prefix, field), name = prefix + key;
    if (key.empty() || !seen.insert(key).second) continue;
    properties.emplace_back(
        key, name == field.name ? FieldSchema(field, extent) : json::Object(Keys(schema, name + ".", extent)));
  }
  json::Members members = {{"type", json::String("object")},
                           {"additionalProperties", json::Bool(false)},
                           {"properties", json::Object(properties)}};
  if (extent == Extent::kWhole) members.emplace_back("required", RequiredBelow(schema, prefix));
  return members;
}

json::Members RequiredKeys(const ConfigSchema& schema, const std::string& prefix) {
  json::Members below;
  std::set<std::string> seen;
  for (const ConfigField& field : schema.fields) {
    const std::string key = KeyBelow(prefix, field), name = prefix + key;
    if (key.empty() || !seen.insert(key).second) continue;
    if (name != field.name) {
      below.emplace_back(key, json::Object(RequiredKeys(schema, name + ".")));
    } else if (field.type == ConfigType::kObject) {
      below.emplace_back(key, json::Object(RequiredKeys(*field.object, "")));
    } else if (field.type == ConfigType::kObjectMap) {
      below.emplace_back(key, json::Object({{"additionalProperties", json::Object(RequiredKeys(*field.object, ""))}}));
    }
  }
  return {{"required", RequiredBelow(schema, prefix)}, {"properties", json::Object(below)}};
}

}  // namespace

std::string JsonSchemaOf(const Plugin& plugin) {
  json::Members members = {{"$schema", json::String("https://json-schema.org/draft/2020-12/schema")},
                           {"title", json::String(plugin.name)},
                           {"description", json::String(plugin.summary)}};
  for (auto& member : Keys(plugin.config, "", Extent::kWhole)) members.push_back(std::move(member));
  return json::Object(members) + '\n';
}

json::Members ConfigKeysSchema(const ConfigSchema& schema) { return Keys(schema, "", Extent::kPart); }

json::Members RequiredKeysSchema(const ConfigSchema& schema) { return RequiredKeys(schema, ""); }

bool HasRequiredKeys(const ConfigSchema& schema) { return std::ranges::any_of(schema.fields, IsRequired); }

std::string TextSchema(std::string_view pattern) {
  return json::Object({{"type", json::String("string")}, {"pattern", json::String(pattern)}});
}

json::Members OrVariable(const std::string& value) {
  return {{"anyOf", json::Array({value, TextSchema(kVariablePattern)})}};
}

}  // namespace tomada
