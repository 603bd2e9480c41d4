#include "config/flow.h"

#include <algorithm>
#include <utility>

#include "config/text.h"
#include "tomada/config.h"

namespace tomada {
namespace {

// The parts of "a, b,c" without the blanks around them; empty ones are left out.
std::vector<std::string> SplitAtCommas(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    size_t comma = std::min(text.find(','), text.size());
    std::string_view part = text.substr(0, comma);
    size_t begin = std::min(part.find_first_not_of(' '), part.size());
    size_t end = part.find_last_not_of(' ') + 1;
    if (begin < end) parts.emplace_back(part.substr(begin, end - begin));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return parts;
}

void ComeFrom(const Node& raw, Node& node) {
  node.external = true;
  node.origin = raw.origin;
  node.where = raw.where;
  for (Node& item : node.items) ComeFrom(raw, item);
  for (Entry& entry : node.entries) {
    entry.where = raw.where;
    ComeFrom(raw, entry.value);
  }
}

}  // namespace

bool IsFlow(std::string_view text) {
  if (text.empty() || std::string_view("[{\"'").find(text.front()) == std::string_view::npos) return false;
  return !std::ranges::all_of(SplitAtCommas(text), [](const std::string& part) { return HostPort::Parse(part).ok(); });
}

Node ReadFlow(const Node& raw, Diagnostics& diagnostics) {
  Diagnostics found;
  std::optional<Node> read;
  if (CheckText(raw.text, "", found)) read = ParseYaml(raw.text, "", found);
  Node node = read && !found.has_errors() ? *std::move(read) : Node();
  if (found.has_errors()) {
    node.kind = Node::Kind::kBroken;
    diagnostics.Error(raw.where,
                      "not a list, a map or a text in quotes as YAML writes them; a text that begins like "
                      "one needs quotes of its own, such as '\"[a]\"'");
  }
  ComeFrom(raw, node);
  return node;
}

bool IsRaw(const Node& node) { return node.kind == Node::Kind::kScalar && node.external && !node.quoted; }

Node ListOf(const Node& raw, Diagnostics& diagnostics) {
  if (IsFlow(raw.text)) return ReadFlow(raw, diagnostics);
  Node list = raw;
  list.kind = Node::Kind::kList;
  list.text.clear();
  for (std::string& part : SplitAtCommas(raw.text)) {
    list.items.push_back(raw);
    list.items.back().text = std::move(part);
  }
  return list;
}

}  // namespace tomada
