#include "config/profile.h"

#include <algorithm>
#include <functional>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "config/decode.h"
#include "config/flow.h"
#include "config/include.h"
#include "config/message.h"
#include "config/override.h"
#include "config/substitute.h"
#include "config/suggest.h"
#include "plan.h"

namespace tomada {
namespace {

bool IsComponentId(std::string_view id) {
  auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
  auto character = [&](char c) { return lower(c) || (c >= '0' && c <= '9') || c == '_' || c == '-'; };
  return !id.empty() && id.size() <= 63 && lower(id.front()) && std::ranges::all_of(id, character);
}

const ConfigSchema& HostSchema() {
  static const ConfigSchema kSchema = ConfigSchema::Of<HostConfig>();
  return kSchema;
}

// Reads the envelope: everything but the components' own config.
class ProfileReader {
 public:
  ProfileReader(const std::string& path, Diagnostics& diagnostics) : start_{path, 1, 1}, diagnostics_(diagnostics) {}

  Profile Read(const Node& root) {
    if (root.kind == Node::Kind::kNull) {
      diagnostics_.Error(start_, "the profile is empty: expected a map with `components`");
      return {};
    }
    bool has_components = root.kind != Node::Kind::kMap || root.Find("components") != nullptr;
    if (!has_components) diagnostics_.Error(start_, "missing key `components`");
    DecodeHost(Node(), start_);
    ReadMap(root, {{"host", [&](const Entry& entry) { ReadHost(entry); }},
                   {"plugins", [&](const Entry& entry) { ReadPluginPath(entry.value); }},
                   {"components", [&](const Entry& entry) { ReadComponents(entry.value); }}});
    return std::move(profile_);
  }

 private:
  using KeyReaders = std::vector<std::pair<std::string, std::function<void(const Entry&)>>>;

  // Hands each entry to the reader of its key.
  void ReadMap(const Node& map, const KeyReaders& readers) {
    if (!Expect(map, Node::Kind::kMap, "a map")) return;
    for (const Entry& entry : map.entries) {
      auto reader = std::ranges::find(readers, entry.key, &KeyReaders::value_type::first);
      if (reader != readers.end()) {
        reader->second(entry);
        continue;
      }
      std::vector<std::string> keys;
      for (const auto& [key, read] : readers) keys.push_back(key);
      diagnostics_.Error(entry.where, fmt::format("unknown key {}{}", Quote(entry.key), Hint(entry.key, keys)));
    }
  }

  void ReadHost(const Entry& entry) {
    if (!Expect(entry.value, Node::Kind::kMap, "a map")) return;
    DecodeHost(entry.value, entry.where);
    const Entry* log = entry.value.Find("log");
    const Entry* levels = log == nullptr ? nullptr : log->value.Find("levels");
    if (levels != nullptr) ReadLogLevels(levels->value);
  }

  // Each is checked here, where its place is known. Decoding has reported what is no list of texts.
  void ReadLogLevels(const Node& node) {
    Diagnostics reported;
    const Node list = IsRaw(node) ? ListOf(node, reported) : node;
    for (const Node& item : list.items) {
      if (item.kind != Node::Kind::kScalar) continue;
      const auto level = HostConfig::ParseLogLevel(item.text);
      if (level) {
        profile_.log_level_ids.push_back({level->first, item.external, item.where});
      } else {
        diagnostics_.Error(item.where,
                           fmt::format("expected ID=LEVEL with one of {}, such as store=debug{}",
                                       fmt::join(HostSchema().Find("log.level")->choices, ", "), Got(item)));
      }
    }
  }

  void DecodeHost(const Node& keys, const Location& where) {
    DecodedConfig decoded = DecodeConfig(HostSchema(), keys, where, diagnostics_);
    if (decoded.config) profile_.host = *std::static_pointer_cast<HostConfig>(decoded.config);
    profile_.host_settings = std::move(decoded.settings);
    for (ConfigSetting& setting : profile_.host_settings) setting.component = kHostId;
  }

  // {only: ...} in place of the folders that are there anyway, anything else beside them.
  void ReadPluginPath(const Node& node) {
    if (node.kind != Node::Kind::kMap) return ReadPluginFolders(node);
    profile_.built_in_plugins = false;
    ReadMap(node, {{"only", [&](const Entry& entry) { ReadPluginFolders(entry.value); }}});
    if (node.entries.empty())
      diagnostics_.Error(node.where, "expected `only` with a path or a list of them, got no key");
  }

  void ReadPluginFolders(const Node& node) {
    for (const ProfileWord& word : ReadWords(node, "a path")) {
      if (!word.text.empty()) AddPluginFolder(word);
    }
    if (node.kind == Node::Kind::kList && node.items.empty())
      diagnostics_.Error(node.where, "expected a path or a list of paths, got an empty list");
  }

  void AddPluginFolder(const ProfileWord& word) {
    const std::string& file = word.where.line > 0 ? word.where.file : start_.file;
    const std::filesystem::path folder = (std::filesystem::path(file).parent_path() / word.text).lexically_normal();
    std::error_code error;
    if (!std::filesystem::is_directory(folder, error))
      diagnostics_.Warning(word.where,
                           word.external ? "there is no such folder" : Quote(folder.string()) + " is no folder");
    profile_.plugin_path.push_back(folder);
  }

  void ReadComponents(const Node& node) {
    if (!Expect(node, Node::Kind::kMap, "a map of components")) return;
    if (node.entries.empty()) diagnostics_.Error(node.where, "expected at least one component, got an empty map");
    for (const Entry& entry : node.entries) ReadComponent(entry);
  }

  void ReadComponent(const Entry& entry) {
    CheckId(entry);
    ProfileComponent component;
    component.id = entry.key;
    component.where = entry.where;
    component.config_where = entry.where;
    ReadMap(entry.value, {{"plugin", [&](const Entry& e) { component.plugin = ReadWord(e.value, "a plugin's name"); }},
                          {"uses", [&](const Entry& e) { ReadUses(e.value, component); }},
                          {"config", [&](const Entry& e) {
                             component.config_where = e.where;
                             component.config = ReadConfig(e.value);
                           }}});
    if (entry.value.kind == Node::Kind::kMap && entry.value.Find("plugin") == nullptr)
      diagnostics_.Error(entry.where, fmt::format("missing key `plugin` in component {}", Quote(entry.key)));
    profile_.components.push_back(std::move(component));
  }

  void CheckId(const Entry& entry) {
    if (entry.key == kHostId) {
      diagnostics_.Error(entry.where, "the component id `host` is reserved for the host itself");
    } else if (!IsComponentId(entry.key)) {
      diagnostics_.Error(entry.where, fmt::format("component id {}: expected a lower-case letter, then at most 62 "
                                                  "lower-case letters, digits, `_` or `-`",
                                                  Quote(entry.key)));
    }
  }

  void ReadUses(const Node& node, ProfileComponent& component) {
    component.uses_are_known = Expect(node, Node::Kind::kMap, "a map of ports");
    for (const Entry& entry : node.entries)
      component.uses.push_back({entry.key, entry.where, ReadWords(entry.value, "a component id")});
  }

  Node ReadConfig(const Node& node) {
    Node config = node;
    if (!Expect(node, Node::Kind::kMap, "a map")) config.kind = Node::Kind::kBroken;
    return config;
  }

  // One word or a list of them; an external text may be a list with commas.
  std::vector<ProfileWord> ReadWords(const Node& node, std::string_view what) {
    std::vector<ProfileWord> words;
    if (node.kind == Node::Kind::kList) {
      for (const Node& item : node.items) words.push_back(ReadWord(item, what));
    } else if (IsRaw(node)) {
      return ReadWords(ListOf(node, diagnostics_), what);
    } else {
      words.push_back(ReadWord(node, fmt::format("{} or a list of them", what)));
    }
    return words;
  }

  ProfileWord ReadWord(const Node& node, std::string_view what) {
    if (!Expect(node, Node::Kind::kScalar, what)) return {"", false, node.where};
    if (node.text.empty()) diagnostics_.Error(node.where, fmt::format("expected {}, got an empty text", what));
    return {node.text, node.external, node.where};
  }

  bool Expect(const Node& node, Node::Kind kind, std::string_view what) {
    if (node.kind != kind && node.kind != Node::Kind::kBroken)
      diagnostics_.Error(node.where, fmt::format("expected {}{}", what, Got(node)));
    return node.kind == kind;
  }

  Location start_;
  Diagnostics& diagnostics_;
  Profile profile_;
};

}  // namespace

Profile ReadProfile(const std::string& path, const std::vector<std::string>& overrides,
                    const EnvironmentLookup& environment, Diagnostics& diagnostics) {
  absl::StatusOr<std::string> text = ReadProfileFile(path, diagnostics);
  if (text.ok()) return ParseProfile(*text, path, overrides, environment, diagnostics);
  diagnostics.Error({path, 0, 0}, "the profile " + std::string(text.status().message()));
  Profile profile;
  profile.files = {path};
  return profile;
}

Profile ParseProfile(std::string_view text, const std::string& path, const std::vector<std::string>& overrides,
                     const EnvironmentLookup& environment, Diagnostics& diagnostics) {
  Profile profile;
  std::vector<std::filesystem::path> files = {path};
  if (std::optional<Node> root = ReadIncludes(text, path, environment, diagnostics, files)) {
    if (root->kind == Node::Kind::kMap) ApplyOverrides(*root, overrides, diagnostics);
    Substitute(*root, environment, std::filesystem::path(path).parent_path(), diagnostics, files);
    profile = ProfileReader(path, diagnostics).Read(*root);
  }
  profile.files = std::move(files);
  return profile;
}

std::set<std::string> PluginNames(const Profile& profile) {
  std::set<std::string> names;
  for (const ProfileComponent& component : profile.components) {
    if (!component.plugin.text.empty()) names.insert(component.plugin.text);
  }
  return names;
}

}  // namespace tomada
