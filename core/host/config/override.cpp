#include "config/override.h"

#include <string_view>

#include <fmt/format.h>

#include "config/flow.h"
#include "config/message.h"
#include "config/suggest.h"

namespace tomada {
namespace {

constexpr size_t kMaxSegments = 32;

std::vector<std::string> Split(std::string_view path) {
  std::vector<std::string> segments;
  for (size_t dot; (dot = path.find('.')) != std::string_view::npos; path.remove_prefix(dot + 1))
    segments.emplace_back(path.substr(0, dot));
  segments.emplace_back(path);
  return segments;
}

std::vector<std::string> Keys(const Node& map) {
  std::vector<std::string> keys;
  for (const Entry& entry : map.entries) keys.push_back(entry.key);
  return keys;
}

// The entry of `map` with that key, made when it is not there. A value that is not a map gives way.
Entry& Reach(Node& map, const std::string& key, const Location& where) {
  if (map.kind != Node::Kind::kMap) {
    map = Node();
    map.kind = Node::Kind::kMap;
    map.where = where;
  }
  if (Entry* entry = map.Find(key)) return *entry;
  return map.entries.emplace_back(Entry{key, where, Node()});
}

bool IsNull(std::string_view value) { return value == "~" || value == "null" || value == "Null" || value == "NULL"; }

// One --set.
class Override {
 public:
  Override(std::string_view path, std::string_view value, Diagnostics& diagnostics)
      : segments_(Split(path)), where_{fmt::format("--set {}=...", path), 0, 0}, diagnostics_(diagnostics) {
    value_.kind = IsNull(value) ? Node::Kind::kNull : Node::Kind::kScalar;
    value_.text = value;
    value_.external = true;
    value_.origin = "--set";
    value_.where = where_;
    if (IsFlow(value)) value_ = ReadFlow(value_, diagnostics);
  }

  void Apply(Node& profile) {
    if (segments_.size() > kMaxSegments) return Refuse(fmt::format("more than {} dots", kMaxSegments - 1));
    for (const std::string& segment : segments_) {
      if (segment.empty()) return Refuse("the path has an empty name");
    }
    if (segments_[0] == "host") return Put(profile, 0, segments_.size() > 1, "host.KEY");
    if (segments_[0] == "components") return ApplyToComponent(profile);
    Refuse(fmt::format("unknown key {}{}", Quote(segments_[0]), Hint(segments_[0], {"components", "host"})));
  }

 private:
  void ApplyToComponent(Node& profile) {
    if (segments_.size() < 3) return Refuse("expected components.ID.plugin, .uses.PORT or .config.KEY");
    Entry* components = profile.Find("components");
    if (components == nullptr || components->value.kind != Node::Kind::kMap) return;  // a mistake in the file itself
    Entry* component = components->value.Find(segments_[1]);
    if (component == nullptr) {
      return Refuse(
          fmt::format("unknown component id {}{}", Quote(segments_[1]), Hint(segments_[1], Keys(components->value))));
    }
    const std::string& key = segments_[2];
    if (key == "plugin") return Put(component->value, 2, segments_.size() == 3, "components.ID.plugin");
    if (key == "uses") return Put(component->value, 2, segments_.size() == 4, "components.ID.uses.PORT");
    if (key == "config") return Put(component->value, 2, segments_.size() > 3, "components.ID.config.KEY");
    Refuse(fmt::format("unknown key {}{}", Quote(key), Hint(key, {"plugin", "uses", "config"})));
  }

  // Sets the value at the path from segment `first` on, below `node`.
  void Put(Node& node, size_t first, bool shape_is_right, std::string_view shape) {
    if (!shape_is_right) return Refuse(fmt::format("expected {}", shape));
    // A section made here has no place of its own: what it lacks is lacking where it would be written.
    Location section = node.where;
    Node* target = &node;
    for (size_t i = first; i < segments_.size(); ++i) {
      if (target->kind == Node::Kind::kList)
        return Refuse(fmt::format("{} is a list: set the whole of it, as [a, b]", Quote(segments_[i - 1])));
      Entry& entry = Reach(*target, segments_[i], i == first && segments_.size() > first + 1 ? section : where_);
      target = &entry.value;
    }
    *target = value_;
  }

  void Refuse(std::string message) { diagnostics_.Error(where_, std::move(message)); }

  std::vector<std::string> segments_;
  Location where_;
  Node value_;
  Diagnostics& diagnostics_;
};

}  // namespace

void ApplyOverrides(Node& profile, const std::vector<std::string>& overrides, Diagnostics& diagnostics) {
  for (const std::string& text : overrides) {
    size_t equals = text.find('=');
    if (equals == std::string::npos) {
      // The text itself is not shown: what was meant to be the value may be in it.
      diagnostics.Error({"--set", 0, 0}, "expected PATH=VALUE, such as components.http.config.listen=0.0.0.0:8000");
      continue;
    }
    Override(std::string_view(text).substr(0, equals), std::string_view(text).substr(equals + 1), diagnostics)
        .Apply(profile);
  }
}

}  // namespace tomada
