#include "cli/plugin_text.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace tomada {
namespace {

// All fields, those of objects after the object's own: "tls.key", "policy[].name", "clients.ID.name".
std::vector<ConfigField> Flattened(const ConfigSchema& schema, const std::string& prefix = "") {
  std::vector<ConfigField> fields;
  for (ConfigField field : schema.fields) {
    field.name = prefix + field.name;
    const std::string_view each = field.type == ConfigType::kObjectList  ? "[]."
                                  : field.type == ConfigType::kObjectMap ? ".ID."
                                                                         : ".";
    std::vector<ConfigField> below;
    if (field.object) below = Flattened(*field.object, fmt::format("{}{}", field.name, each));
    fields.push_back(std::move(field));
    std::ranges::move(below, std::back_inserter(fields));
  }
  return fields;
}

// "required", a default as in YAML, or nothing for a secret.
std::string DefaultText(const ConfigField& field) {
  if (field.required) return "required";
  if (field.secret || field.type == ConfigType::kObject) return "";
  std::string text = FormatConfigDefault(field);
  return text.empty() ? "\"\"" : text;
}

std::string TableRow(const std::vector<std::string>& cells) {
  std::string row = "|";
  for (const std::string& cell : cells) {
    row += ' ';
    for (char c : cell) {
      if (c == '|') row += '\\';
      row += c == '\n' ? ' ' : c;
    }
    row += cell.empty() ? "|" : " |";
  }
  return row + '\n';
}

std::string FieldText(const ConfigField& field) {
  std::vector<std::string> facts = {TypeText(field)};
  if (std::string range = RangeText(field); !range.empty()) facts.push_back(std::move(range));
  if (std::string value = DefaultText(field); !value.empty())
    facts.push_back(field.required ? value : "default " + value);
  return fmt::format("  {}: {}\n      {}\n", field.name, fmt::join(facts, ", "), field.help);
}

std::string PortsJson(const std::vector<Port>& ports) {
  std::vector<std::string> items;
  for (const Port& port : ports) {
    items.push_back(json::Object({{"name", json::String(port.name)},
                                  {"kind", json::String(KindName(port.kind))},
                                  {"count", json::String(CountName(port.count))},
                                  {"degrades", json::Bool(port.degrades)},
                                  {"help", json::String(port.help)}}));
  }
  return json::Array(items);
}

}  // namespace

std::string_view CountName(Port::Count count) {
  switch (count) {
    case Port::Count::kOne: return "one";
    case Port::Count::kOptional: return "optional";
    case Port::Count::kOneOrMore: return "one_or_more";
  }
  return "one";
}

std::string PortTakes(const Port& port) {
  const std::string_view degrades = port.degrades ? ", may be unready" : "";
  if (port.count == Port::Count::kOneOrMore) return fmt::format("one or more {}s{}", KindName(port.kind), degrades);
  if (port.kind == Kind::kHost) return "the host";
  const std::string_view optional = port.count == Port::Count::kOptional ? ", optional" : "";
  return fmt::format("a {}{}{}", KindName(port.kind), optional, degrades);
}

std::string TypeText(const ConfigField& field) {
  return fmt::format("{}{}{}", ConfigTypeName(field.type), field.secret ? ", secret" : "",
                     field.claims ? ", exclusive" : "");
}

std::string RangeText(const ConfigField& field) {
  if (!field.choices.empty()) return fmt::format("one of {}", fmt::join(field.choices, ", "));
  const std::string min = field.min ? FormatConfigBound(field.type, *field.min) : "";
  const std::string max = field.max ? FormatConfigBound(field.type, *field.max) : "";
  if (field.min && field.max) return fmt::format("{} to {}", min, max);
  if (field.min) return "at least " + min;
  return field.max ? "at most " + max : "";
}

std::string DescribeAsText(const Plugin& plugin) {
  std::string text = plugin.name;
  if (!plugin.version.empty()) text += fmt::format(" {} ({})", plugin.version, KindName(plugin.kind));
  text += '\n' + plugin.summary + '\n';
  if (!plugin.ports.empty()) text += "\nUses:\n";
  for (const Port& port : plugin.ports)
    text += fmt::format("  {}: {}\n      {}\n", port.name, PortTakes(port), port.help);
  if (!plugin.config.fields.empty()) text += "\nConfig:\n";
  for (const ConfigField& field : Flattened(plugin.config)) text += FieldText(field);
  return text;
}

json::Members DescribeAsJson(const Plugin& plugin) {
  return {{"name", json::String(plugin.name)},
          {"kind", json::String(KindName(plugin.kind))},
          {"version", json::String(plugin.version)},
          {"summary", json::String(plugin.summary)},
          {"ports", PortsJson(plugin.ports)}};
}

std::string DescribeAsMarkdown(const ConfigSchema& schema) {
  if (schema.fields.empty()) return "No config.\n";
  std::string text = TableRow({"key", "type", "default", "range", "meaning"}) + "| --- | --- | --- | --- | --- |\n";
  for (const ConfigField& field : Flattened(schema)) {
    std::string value = DefaultText(field);
    if (!field.required && !value.empty()) value = fmt::format("`{}`", value);
    text += TableRow({fmt::format("`{}`", field.name), TypeText(field), value, RangeText(field), field.help});
  }
  return text;
}

std::string AlignedColumns(const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) line += fmt::format("{:<{}}  ", row[i], widths[i]);
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  }
  return text;
}

}  // namespace tomada
