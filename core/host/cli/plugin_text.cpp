#include "cli/plugin_text.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace tomada {
namespace {

// "required", a default as in YAML, or nothing for a secret.
std::string DefaultText(const ConfigField& field) {
  if (field.required) return "required";
  if (field.secret) return "";
  std::string text = FormatConfigValue(field.default_value);
  return text.empty() ? "\"\"" : text;
}

std::string EscapedForTable(std::string_view text) {
  std::string result;
  for (char c : text) {
    if (c == '|') result += '\\';
    result += c == '\n' ? ' ' : c;
  }
  return result;
}

std::string FieldText(const ConfigField& field) {
  std::string text = fmt::format("  {}: {}", field.name, TypeText(field));
  if (const std::string value = DefaultText(field); field.required || value.empty()) {
    if (!value.empty()) text += ", " + value;
  } else {
    text += ", default " + value;
  }
  return text + fmt::format("\n      {}\n", field.help);
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
  if (port.count == Port::Count::kOneOrMore) return fmt::format("one or more {}s", KindName(port.kind));
  return fmt::format("a {}{}", KindName(port.kind), port.count == Port::Count::kOptional ? ", optional" : "");
}

std::string TypeText(const ConfigField& field) {
  std::string text(ConfigTypeName(field.type));
  if (!field.choices.empty()) text = fmt::format("one of {}", fmt::join(field.choices, ", "));
  if (field.min) text += ", " + FormatConfigBound(field.type, *field.min);
  if (field.max) text += (field.min ? " to " : ", at most ") + FormatConfigBound(field.type, *field.max);
  if (field.secret) text += ", secret";
  return text;
}

std::string DescribeAsText(const Plugin& plugin) {
  std::string text =
      fmt::format("{} {} ({})\n{}\n", plugin.name, plugin.version, KindName(plugin.kind), plugin.summary);
  if (!plugin.ports.empty()) text += "\nUses:\n";
  for (const Port& port : plugin.ports)
    text += fmt::format("  {}: {}\n      {}\n", port.name, PortTakes(port), port.help);
  if (!plugin.config.fields.empty()) text += "\nConfig:\n";
  for (const ConfigField& field : plugin.config.fields) text += FieldText(field);
  return text;
}

std::string DescribeAsMarkdown(const ConfigSchema& schema) {
  if (schema.fields.empty()) return "No config.\n";
  std::string text = "| key | type | default | |\n| --- | --- | --- | --- |\n";
  for (const ConfigField& field : schema.fields) {
    std::string value = DefaultText(field);
    if (!field.required && !value.empty()) value = fmt::format("`{}`", value);
    text += fmt::format("| `{}` | {} | {} | {} |\n", field.name, EscapedForTable(TypeText(field)),
                        EscapedForTable(value), EscapedForTable(field.help));
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
