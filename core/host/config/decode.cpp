#include "config/decode.h"

#include <sys/stat.h>

#include <algorithm>
#include <exception>
#include <iterator>
#include <map>
#include <set>

#include <fmt/format.h>

#include "config/file.h"
#include "config/flow.h"
#include "config/message.h"
#include "config/suggest.h"
#include "tomada/secret.h"
#include "writable.h"

namespace tomada {
namespace {

// "expected a whole number": what the parser says of a text that is nothing at all. Every text is a string, and an
// empty one an element of a list.
std::string Expectation(const ConfigField& field) {
  if (field.type == ConfigType::kStringList) return "expected a list of strings";
  absl::StatusOr<ConfigValue> nothing = ParseConfigValue(field, "");
  return nothing.ok() ? "expected a string" : std::string(nothing.status().message());
}

bool MustBePlain(ConfigType type) {
  return type == ConfigType::kBool || type == ConfigType::kInteger || type == ConfigType::kNumber;
}

// An id of a map of objects.
bool IsId(std::string_view id) {
  return !id.empty() && id.size() <= 128 &&
         std::ranges::none_of(id, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

void WipeValue(ConfigValue& value) {
  if (auto* text = std::get_if<std::string>(&value)) Wipe(*text);
  if (auto* list = std::get_if<std::vector<std::string>>(&value)) std::ranges::for_each(*list, Wipe);
}

// Texts that no message may show.
class HiddenTexts {
 public:
  void Add(std::string_view text) { texts_.emplace_back(text); }

  // A check may show the value in another form than it was written in.
  void AddParsed(const ConfigValue& value) {
    std::string shown = FormatConfigValue(value);
    Add(shown);
    Wipe(shown);
    if (auto* address = std::get_if<HostPort>(&value)) Add(address->host);
  }

  // The longest first, so that no part of one is left beside a shorter one.
  std::string StripFrom(std::string message) {
    std::ranges::sort(texts_, std::ranges::greater(), [](const Secret& text) { return text.Reveal().size(); });
    for (const Secret& hidden : texts_) {
      const std::string_view text = hidden.Reveal();
      if (text.empty()) continue;
      for (size_t at = 0; (at = message.find(text, at)) != std::string::npos; at += 3)
        message.replace(at, text.size(), "***");
    }
    return message;
  }

 private:
  std::vector<Secret> texts_;
};

// The files that secrets are read from.
class SecretFiles {
 public:
  SecretFiles(const std::filesystem::path& folder, Diagnostics& diagnostics)
      : folder_(folder), diagnostics_(diagnostics) {}

  // `file` holds the path. What is returned is the caller's to wipe; the error says everything. Warns when others may
  // read the file.
  absl::StatusOr<std::string> Read(const Node& file) {
    const std::filesystem::path folder =
        file.where.line > 0 ? std::filesystem::path(file.where.file).parent_path() : folder_;
    const std::filesystem::path& path = read_.emplace_back(folder / file.text);
    absl::StatusOr<std::string> content = ReadValueFile(path);
    if (!content.ok())
      return absl::NotFoundError(fmt::format("{} {}", Shown(file), std::string(content.status().message())));
    if (content->empty()) return absl::InvalidArgumentError(Shown(file) + " is empty");
    total_ += content->size();
    if (total_ > kMaxTotal) {
      Wipe(*content);
      return absl::InvalidArgumentError("more than 1MiB comes in by files of secrets so far");
    }
    struct stat info;
    if (::stat(path.c_str(), &info) == 0 && ReadableByOthers(info)) {
      diagnostics_.Warning(file.where,
                           fmt::format("others may read {} (mode {:04o}){}", Shown(file), info.st_mode & 07777,
                                       file.external ? "" : "; run: chmod go-r " + path.string()));
    }
    return content;
  }

  // How messages call it.
  static std::string Shown(const Node& file) { return file.external ? "the file" : "file " + Quote(file.text); }

  std::vector<std::filesystem::path> TakeRead() { return std::move(read_); }

 private:
  static constexpr size_t kMaxTotal = 1 << 20;

  const std::filesystem::path& folder_;
  Diagnostics& diagnostics_;
  std::vector<std::filesystem::path> read_;
  size_t total_ = 0;
};

// One object: a plugin's config, or what is in one.
class Decoder {
 public:
  // `path` is where in the plugin's config the object is: "", "tls.", "policy[0].". All but it outlive the decoder.
  Decoder(const ConfigSchema& schema, std::string path, HiddenTexts& hidden, SecretFiles& files,
          Diagnostics& diagnostics)
      : schema_(schema), path_(std::move(path)), hidden_(hidden), files_(files), diagnostics_(diagnostics) {}

  // Puts the values of `keys`, nullptr when there are none, into `config`, which has its defaults, and checks it. False
  // after a mistake.
  bool Decode(void* config, const Node* keys, const Location& where) {
    config_ = config;
    where_ = where;
    if (keys != nullptr) DecodeKeys(*keys, "");
    for (const ConfigField& field : schema_.fields) {
      if (seen_.contains(field.name)) continue;
      if (field.required) {
        Fail(where, fmt::format("missing config key `{}{}`", path_, field.name));
      } else if (field.type == ConfigType::kObject) {
        DecodeObject(field, field.name, "", nullptr, where);
      }
    }
    if (!ok_) return false;
    absl::Status status = schema_.check(config_);
    if (status.ok()) return true;
    const std::string message(status.message());
    Fail(PlaceOf(message), hidden_.StripFrom(message));
    return false;
  }

  // What the fields claim, given or by their defaults. After Decode, which went well.
  std::vector<ConfigClaim> Claims() const {
    std::vector<ConfigClaim> claims;
    std::set<std::string_view> replaced;
    for (const ConfigField& field : schema_.fields) {
      if (!field.claims) continue;
      auto given = claimed_.find(field.name);
      ConfigClaim claim = given != claimed_.end()
                              ? given->second
                              : ConfigClaim{"", field.name, *field.claims, field.default_value, field.secret, where_};
      if (ClaimsNothing(claim.value)) continue;
      claims.push_back(std::move(claim));
      replaced.insert(field.claims_instead_of);
    }
    std::erase_if(claims, [&](const ConfigClaim& claim) { return replaced.contains(claim.key); });
    for (ConfigClaim& claim : claims) claim.key = path_ + claim.key;
    claims.insert(claims.end(), below_.begin(), below_.end());
    return claims;
  }

  // Every field, in the schema's order; of objects, the fields of each. After Decode.
  std::vector<ConfigSetting> Settings() const {
    std::vector<ConfigSetting> settings;
    for (const ConfigField& field : schema_.fields) {
      if (auto given = given_.find(field.name); given != given_.end()) {
        settings.insert(settings.end(), given->second.begin(), given->second.end());
      } else if (field.type != ConfigType::kObject) {
        settings.push_back({"", path_ + field.name, field.secret ? kHidden : FormatConfigDefault(field), "default"});
      }
    }
    return settings;
  }

 private:
  static constexpr char kHidden[] = "***";

  static bool ClaimsNothing(const ConfigValue& value) {
    const auto* address = std::get_if<HostPort>(&value);
    return address != nullptr ? address->port == 0 : std::get<std::string>(value).empty();
  }

  // Of the value whose key the message names first, among those that are given; else of the whole.
  Location PlaceOf(std::string_view message) const {
    for (size_t open; (open = message.find('`')) != std::string_view::npos;) {
      message.remove_prefix(open + 1);
      const size_t close = message.find('`');
      if (close == std::string_view::npos) break;
      if (auto place = places_.find(message.substr(0, close)); place != places_.end()) return place->second;
      message.remove_prefix(close + 1);
    }
    return where_;
  }

  // The map that holds the fields whose names begin with `prefix`: "" or "group.".
  void DecodeKeys(const Node& map, const std::string& prefix) {
    if (map.kind == Node::Kind::kBroken) return MarkSeen(prefix);
    if (map.kind != Node::Kind::kMap) {
      MarkSeen(prefix);
      return Fail(map.where, "expected a map" + Got(map));
    }
    for (const Entry& entry : map.entries) {
      std::string name = prefix + entry.key;
      bool nested = entry.key.find('.') == std::string::npos;
      if (const ConfigField* field = schema_.Find(name); field != nullptr && nested) {
        seen_.insert(name);
        places_[name] = entry.value.where;
        DecodeField(*field, entry.value);
      } else if (nested && IsGroup(name + ".")) {
        places_[name] = entry.value.where;
        DecodeKeys(entry.value, name + ".");
      } else {
        Fail(entry.where, UnknownKey(entry.key, prefix, field != nullptr));
      }
    }
  }

  std::string UnknownKey(const std::string& key, const std::string& prefix, bool written_with_dots) {
    if (written_with_dots) {
      size_t dot = key.find('.');
      return fmt::format("unknown key `{}`: write `{}` as a key below `{}`", key, key.substr(dot + 1),
                         key.substr(0, dot));
    }
    return fmt::format("unknown key {}{}", Quote(key), Hint(key, KeysBelow(prefix)));
  }

  void DecodeField(const ConfigField& field, const Node& node) {
    if (field.object) return DecodeObjects(field, node);
    if (field.secret || node.external) hidden_.Add(node.text);
    std::optional<ConfigValue> value =
        field.type == ConfigType::kStringList ? ReadList(field, node) : ReadScalar(field, node);
    if (!value) return;
    if (field.secret || node.external) hidden_.AddParsed(*value);
    field.assign(config_, *value);
    if (field.claims)
      claimed_[field.name] = {"", field.name, *field.claims, *value, field.secret || node.external, node.where};
    const bool text = field.type == ConfigType::kString || field.type == ConfigType::kStringList;
    const bool may_be_secret = !OriginOf(node).empty() && text && field.choices.empty();
    Remember(field, node, field.secret || may_be_secret ? kHidden : FormatConfigValue(*value));
    if (field.secret) WipeValue(*value);
  }

  void DecodeObjects(const ConfigField& field, const Node& node) {
    if (IsRaw(node) && IsFlow(node.text)) return DecodeObjects(field, ReadFlow(node, diagnostics_));
    if (field.type == ConfigType::kObject) return DecodeObject(field, field.name, "", &node, node.where);
    const bool list = field.type == ConfigType::kObjectList;
    if (node.kind != (list ? Node::Kind::kList : Node::Kind::kMap)) {
      Mistaken(node, Expectation(field) + Got(node));
      return;
    }
    for (size_t i = 0; i < node.items.size(); ++i)
      DecodeObject(field, fmt::format("{}[{}]", field.name, i), "", &node.items[i], node.items[i].where);
    for (const Entry& entry : node.entries) {
      if (IsId(entry.key)) {
        DecodeObject(field, fmt::format("{}.{}", field.name, entry.key), entry.key, &entry.value, entry.where);
      } else {
        Fail(entry.where, fmt::format("id {}: expected 1 to 128 printable characters", Quote(entry.key)));
      }
    }
    if (node.items.empty() && node.entries.empty()) Remember(field, node, FormatConfigDefault(field));
  }

  // One of the objects of a field, which is called `name` here; `keys` is nullptr when it is not given.
  void DecodeObject(const ConfigField& field, const std::string& name, const std::string& id, const Node* keys,
                    const Location& where) {
    Decoder object(*field.object, path_ + name + '.', hidden_, files_, diagnostics_);
    places_[name] = where;
    const bool good = object.Decode(field.place(config_, id), keys, where);
    if (good) std::ranges::move(object.Claims(), std::back_inserter(below_));
    ok_ = ok_ && good;
    std::ranges::move(object.Settings(), std::back_inserter(given_[field.name]));
    for (const auto& [key, place] : object.places_) places_[name + '.' + key] = place;
  }

  // Of an external text, or of the first in a list; of a secret the file that it is in.
  static std::string OriginOf(const Node& node) {
    if (const Entry* file = node.Find("file")) {
      if (!file->value.external) return "file " + file->value.text;
      return file->value.origin + (file->value.origin.empty() ? "a file" : ", a file");
    }
    std::string origin = node.origin;
    for (const Node& item : node.items) {
      if (origin.empty()) origin = item.origin;
    }
    return origin;
  }

  void Remember(const ConfigField& field, const Node& node, std::string shown) {
    std::string origin = OriginOf(node);
    const std::string place = node.where.ToString();
    if (origin.empty()) {
      origin = place;
    } else if (node.where.line > 0) {
      origin += fmt::format(" ({})", place);
    }
    given_[field.name] = {{"", path_ + field.name, std::move(shown), std::move(origin)}};
  }

  std::optional<ConfigValue> ReadScalar(const ConfigField& field, const Node& node) {
    if (field.secret && node.kind == Node::Kind::kMap) return ReadSecretFile(field, node);
    if (node.kind != Node::Kind::kScalar) {
      const std::string_view hint = node.Find("file") == nullptr ? "" : ": only secrets take one; write `${file:PATH}`";
      return Mistaken(node, fmt::format("{}{}{}", Expectation(field), Got(node), hint));
    }
    if (MustBePlain(field.type) && node.quoted) return Mistaken(node, Expectation(field) + ", got text in quotes");
    absl::StatusOr<ConfigValue> value = ParseConfigValue(field, node.text);
    if (value.ok()) return *std::move(value);
    return Mistaken(node, std::string(value.status().message()) + Got(node, field.secret));
  }

  // Keys are not shown: a text in braces and without quotes is one.
  std::optional<ConfigValue> ReadSecretFile(const ConfigField& field, const Node& node) {
    constexpr char kForms[] = "a secret is a text or `{file: PATH}`";
    const Entry* file = node.Find("file");
    if (file == nullptr && node.entries.empty()) return Mistaken(node, fmt::format("{}, got an empty map", kForms));
    for (const Entry& entry : node.entries) {
      if (&entry != file) Fail(entry.where, fmt::format("unknown key: {} and nothing else", kForms));
    }
    if (file == nullptr) return std::nullopt;
    const Node& path = file->value;
    if (path.kind != Node::Kind::kScalar) return Mistaken(path, "expected the path of a file" + Got(path));
    if (path.text.empty()) return Mistaken(path, "expected the path of a file, got an empty text");
    if (node.entries.size() > 1) return std::nullopt;
    absl::StatusOr<std::string> text = files_.Read(path);
    if (!text.ok()) return Mistaken(path, std::string(text.status().message()));
    hidden_.Add(*text);
    absl::StatusOr<ConfigValue> value = ParseConfigValue(field, *text);
    Wipe(*text);
    if (value.ok()) return *std::move(value);
    return Mistaken(path, fmt::format("{}: {}", SecretFiles::Shown(path), std::string(value.status().message())));
  }

  std::optional<ConfigValue> ReadList(const ConfigField& field, const Node& node) {
    if (IsRaw(node)) return ReadList(field, ListOf(node, diagnostics_));
    if (node.kind != Node::Kind::kList) return Mistaken(node, Expectation(field) + Got(node, field.secret));
    ConfigField element = field;
    element.type = ConfigType::kString;
    std::vector<std::string> texts;
    for (const Node& item : node.items) {
      if (field.secret || item.external) hidden_.Add(item.text);
      std::optional<ConfigValue> text = ReadScalar(element, item);
      if (text) texts.push_back(std::get<std::string>(*std::move(text)));
    }
    return texts.size() == node.items.size() ? std::optional<ConfigValue>(std::move(texts)) : std::nullopt;
  }

  bool IsGroup(std::string_view prefix) const {
    return std::ranges::any_of(schema_.fields,
                               [&](const ConfigField& field) { return field.name.starts_with(prefix); });
  }

  // The keys that a map may have, without repeats.
  std::vector<std::string> KeysBelow(const std::string& prefix) const {
    std::vector<std::string> keys;
    for (const ConfigField& field : schema_.fields) {
      if (!field.name.starts_with(prefix)) continue;
      std::string key = field.name.substr(prefix.size(), field.name.find('.', prefix.size()) - prefix.size());
      if (std::ranges::find(keys, key) == keys.end()) keys.push_back(std::move(key));
    }
    return keys;
  }

  // Nothing is missing below a group that is itself wrong.
  void MarkSeen(const std::string& prefix) {
    ok_ = false;
    for (const ConfigField& field : schema_.fields) {
      if (field.name.starts_with(prefix)) seen_.insert(field.name);
    }
  }

  std::nullopt_t Mistaken(const Node& node, std::string message) {
    ok_ = false;
    if (node.kind != Node::Kind::kBroken) Fail(node.where, std::move(message));
    return std::nullopt;
  }

  void Fail(const Location& where, std::string message) {
    ok_ = false;
    diagnostics_.Error(where, std::move(message));
  }

  const ConfigSchema& schema_;
  const std::string path_;
  HiddenTexts& hidden_;
  SecretFiles& files_;
  Diagnostics& diagnostics_;
  void* config_ = nullptr;
  Location where_;
  bool ok_ = true;
  std::set<std::string, std::less<>> seen_;
  std::map<std::string, Location, std::less<>> places_;  // of the given values, by the name of the field or group
  std::map<std::string, std::vector<ConfigSetting>, std::less<>> given_;  // by field
  std::map<std::string, ConfigClaim, std::less<>> claimed_;               // by field, of those given
  std::vector<ConfigClaim> below_;                                        // of objects in this one
};

}  // namespace

DecodedConfig DecodeConfig(const ConfigSchema& schema, const Node& keys, const Location& where,
                           Diagnostics& diagnostics, const std::filesystem::path& folder) {
  HiddenTexts hidden;
  SecretFiles files(folder, diagnostics);
  Decoder decoder(schema, "", hidden, files, diagnostics);
  DecodedConfig decoded;
  // The schema's functions are the plugin's code: what they throw ends here.
  try {
    std::shared_ptr<void> config = schema.make();
    const bool given = keys.kind != Node::Kind::kNull;
    if (decoder.Decode(config.get(), given ? &keys : nullptr, where)) {
      decoded.config = std::move(config);
      decoded.claims = decoder.Claims();
    }
  } catch (const std::exception& error) {
    diagnostics.Error(where, "the plugin's config code threw: " + hidden.StripFrom(error.what()));
  } catch (...) {
    diagnostics.Error(where, "the plugin's config code threw");
  }
  decoded.settings = decoder.Settings();
  decoded.files = files.TakeRead();
  return decoded;
}

}  // namespace tomada
