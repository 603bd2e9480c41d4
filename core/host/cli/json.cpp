#include "cli/json.h"

#include <fmt/format.h>

namespace tomada::json {
namespace {

// A string holds no line break, so every one in a JSON text is between its parts.
std::string Indented(std::string_view text) {
  std::string result = "\n  ";
  for (char c : text) {
    result += c;
    if (c == '\n') result += "  ";
  }
  return result;
}

std::string Enclose(char open, const std::vector<std::string>& parts, char close) {
  std::string text(1, open);
  for (size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) text += ',';
    text += Indented(parts[i]);
  }
  if (!parts.empty()) text += '\n';
  return text + close;
}

}  // namespace

std::string String(std::string_view text) {
  std::string result = "\"";
  for (unsigned char c : text) {
    if (c == '"' || c == '\\') {
      result += '\\';
      result += static_cast<char>(c);
    } else if (c < 0x20) {
      result += fmt::format("\\u{:04x}", c);
    } else {
      result += static_cast<char>(c);
    }
  }
  return result + '"';
}

std::string Bool(bool value) { return value ? "true" : "false"; }

std::string Array(const std::vector<std::string>& items) { return Enclose('[', items, ']'); }

std::string Object(const Members& members) {
  std::vector<std::string> parts;
  for (const auto& [name, value] : members) parts.push_back(fmt::format("{}: {}", String(name), value));
  return Enclose('{', parts, '}');
}

std::string Strings(const std::vector<std::string>& texts) {
  std::vector<std::string> items;
  for (const std::string& text : texts) items.push_back(String(text));
  return Array(items);
}

}  // namespace tomada::json
