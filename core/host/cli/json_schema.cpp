#include "cli/json_schema.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "cli/json.h"
#include "cli/plugin_text.h"

namespace tomada {
namespace {

// As config.cpp reads them.
constexpr std::string_view kDurationPattern = R"(^([0-9]+(\.[0-9]+)?(ns|us|ms|s|m|h))+$)";
constexpr std::string_view kSizePattern = "^[0-9]+(B|KiB|MiB|GiB)?$";
constexpr std::string_view kAddressPattern = R"(^([^:\[\] \t/]+|\[[^\[\] \t/]+\]):[0-9]{1,5}$)";
constexpr std::string_view kVariablePattern = R"(\$\{[^}]*\})";

std::string Text(std::string_view pattern) {
  return json::Object({{"type", json::String("string")}, {"pattern", json::String(pattern)}});
}

std::string NumberWithin(const ConfigField& field, std::string_view type) {
  json::Members members = {{"type", json::String(type)}};
  if (field.min) members.emplace_back("minimum", fmt::format("{}", *field.min));
  if (field.max) members.emplace_back("maximum", fmt::format("{}", *field.max));
  return json::Object(members);
}

// What may be written for the field, apart from variables.
std::string ValueSchema(const ConfigField& field) {
  switch (field.type) {
    case ConfigType::kBool: return json::Object({{"type", json::String("boolean")}});
    case ConfigType::kInteger: return NumberWithin(field, "integer");
    case ConfigType::kNumber: return NumberWithin(field, "number");
    case ConfigType::kDuration: return Text(kDurationPattern);
    case ConfigType::kSize:
      return json::Object(
          {{"type", json::Strings({"string", "integer"})}, {"pattern", json::String(kSizePattern)}, {"minimum", "0"}});
    case ConfigType::kAddress: return Text(kAddressPattern);
    case ConfigType::kStringList:
      return json::Object(
          {{"type", json::String("array")}, {"items", json::Object({{"type", json::String("string")}})}});
    case ConfigType::kString: break;
  }
  if (!field.choices.empty()) return json::Object({{"enum", json::Strings(field.choices)}});
  return json::Object({{"type", json::String("string")}});
}

std::string DefaultJson(const ConfigValue& value) {
  if (auto* list = std::get_if<std::vector<std::string>>(&value)) return json::Strings(*list);
  const std::string text = FormatConfigValue(value);
  const bool plain = std::holds_alternative<bool>(value) || std::holds_alternative<int64_t>(value) ||
                     std::holds_alternative<double>(value);
  return plain ? text : json::String(text);
}

std::string FieldSchema(const ConfigField& field) {
  const std::string range = RangeText(field);
  const std::string type = range.empty() ? TypeText(field) : TypeText(field) + ", " + range;
  json::Members members = {{"description", json::String(fmt::format("{} ({})", field.help, type))},
                           {"anyOf", json::Array({ValueSchema(field), Text(kVariablePattern)})}};
  if (!field.required && !field.secret) members.emplace_back("default", DefaultJson(field.default_value));
  return json::Object(members);
}

// The object of the fields whose names begin with `prefix`: "" or "group.".
json::Members ObjectSchema(const ConfigSchema& schema, const std::string& prefix) {
  json::Members properties;
  std::vector<std::string> required, groups;
  for (const ConfigField& field : schema.fields) {
    if (!field.name.starts_with(prefix)) continue;
    const std::string rest = field.name.substr(prefix.size());
    const std::string key = rest.substr(0, rest.find('.'));
    if (key == rest) {
      properties.emplace_back(key, FieldSchema(field));
      if (field.required) required.push_back(key);
    } else if (std::ranges::find(groups, key) == groups.end()) {
      groups.push_back(key);
      properties.emplace_back(key, json::Object(ObjectSchema(schema, prefix + key + ".")));
    }
  }
  return {{"type", json::String("object")},
          {"additionalProperties", json::Bool(false)},
          {"properties", json::Object(properties)},
          {"required", json::Strings(required)}};
}

}  // namespace

std::string JsonSchemaOf(const Plugin& plugin) {
  json::Members members = {{"$schema", json::String("https://json-schema.org/draft/2020-12/schema")},
                           {"title", json::String(plugin.name)},
                           {"description", json::String(plugin.summary)}};
  for (auto& member : ObjectSchema(plugin.config, "")) members.push_back(std::move(member));
  return json::Object(members) + '\n';
}

}  // namespace tomada
