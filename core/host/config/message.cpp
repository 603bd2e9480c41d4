#include "config/message.h"

#include <fmt/format.h>

namespace tomada {

std::string Quote(std::string_view text) {
  constexpr size_t kShown = 80;
  size_t end = text.size();
  if (end > kShown) {
    end = kShown;
    while (end > 0 && (text[end] & 0xC0) == 0x80) --end;  // not within a character
  }
  std::string shown;
  for (unsigned char c : text.substr(0, end)) {
    if (c == '\n') {
      shown += "\\n";
    } else if (c < 0x20 || c == 0x7f) {
      shown += fmt::format("\\x{:02x}", c);
    } else {
      shown += static_cast<char>(c);
    }
  }
  return fmt::format("`{}{}`", shown, end < text.size() ? "..." : "");
}

std::string Got(const Node& node, bool secret) {
  switch (node.kind) {
    case Node::Kind::kNull: return ", got nothing";
    case Node::Kind::kList: return ", got a list";
    case Node::Kind::kMap: return ", got a map";
    case Node::Kind::kScalar: return secret || node.external ? "" : fmt::format(", got {}", Quote(node.text));
    case Node::Kind::kBroken: return "";
  }
  return "";
}

}  // namespace tomada
