#include "config/decode.h"

#include <algorithm>
#include <exception>
#include <map>
#include <set>

#include <fmt/format.h>

#include "config/message.h"
#include "config/split.h"
#include "config/suggest.h"

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

class Decoder {
 public:
  Decoder(const ConfigSchema& schema, Diagnostics& diagnostics) : schema_(schema), diagnostics_(diagnostics) {}

  // The schema's functions are the plugin's code: what they throw ends here.
  std::shared_ptr<void> Decode(const Node& keys, const Location& where) {
    try {
      config_ = schema_.make();
      DecodeAll(keys, where);
    } catch (const std::exception& error) {
      Fail(where, "the plugin's config code threw: " + WithoutHidden(error.what()));
    } catch (...) {
      Fail(where, "the plugin's config code threw");
    }
    return ok_ ? config_ : nullptr;
  }

  // Every field, in the schema's order. After Decode.
  std::vector<ConfigSetting> Settings() const {
    std::vector<ConfigSetting> settings;
    for (const ConfigField& field : schema_.fields) {
      if (auto given = given_.find(field.name); given != given_.end()) {
        settings.push_back(given->second);
      } else {
        settings.push_back(
            {"", field.name, field.secret ? kHidden : FormatConfigValue(field.default_value), "default"});
      }
    }
    return settings;
  }

 private:
  static constexpr char kHidden[] = "***";

  void DecodeAll(const Node& keys, const Location& where) {
    if (keys.kind != Node::Kind::kNull) DecodeKeys(keys, "");
    for (const ConfigField& field : schema_.fields) {
      if (field.required && !seen_.contains(field.name))
        Fail(where, fmt::format("missing config key `{}`", field.name));
    }
    if (!ok_) return;
    absl::Status status = schema_.check(config_.get());
    if (status.ok()) return;
    const std::string message(status.message());
    Fail(PlaceOf(message, where), WithoutHidden(message));
  }

  // Of the value whose key the message names first, among those that are given; else `whole`.
  Location PlaceOf(std::string_view message, const Location& whole) const {
    for (size_t open; (open = message.find('`')) != std::string_view::npos;) {
      message.remove_prefix(open + 1);
      const size_t close = message.find('`');
      if (close == std::string_view::npos) break;
      if (auto place = places_.find(message.substr(0, close)); place != places_.end()) return place->second;
      message.remove_prefix(close + 1);
    }
    return whole;
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
    if (field.secret || node.external) Hide(node);
    std::optional<ConfigValue> value =
        field.type == ConfigType::kStringList ? ReadList(field, node) : ReadScalar(field, node);
    if (!value) return;
    if (field.secret || node.external) HideParsed(*value);
    field.assign(config_.get(), *value);
    Remember(field, node, *value);
  }

  void Remember(const ConfigField& field, const Node& node, const ConfigValue& value) {
    std::string origin = node.origin;
    for (const Node& item : node.items) {
      if (origin.empty()) origin = item.origin;
    }
    const bool text = field.type == ConfigType::kString || field.type == ConfigType::kStringList;
    const bool may_be_secret = !origin.empty() && text && field.choices.empty();
    const std::string place = fmt::format("{}:{}:{}", node.where.file, node.where.line, node.where.column);
    if (origin.empty()) {
      origin = place;
    } else if (node.where.line > 0) {
      origin += fmt::format(" ({})", place);
    }
    given_[field.name] = {"", field.name, field.secret || may_be_secret ? kHidden : FormatConfigValue(value),
                          std::move(origin)};
  }

  std::optional<ConfigValue> ReadScalar(const ConfigField& field, const Node& node) {
    if (node.kind != Node::Kind::kScalar) return Mistaken(node, Expectation(field) + Got(node));
    if (MustBePlain(field.type) && node.quoted && !node.external)
      return Mistaken(node, Expectation(field) + ", got text in quotes");
    absl::StatusOr<ConfigValue> value = ParseConfigValue(field, node.text);
    if (value.ok()) return *std::move(value);
    return Mistaken(node, std::string(value.status().message()) + Got(node, field.secret));
  }

  std::optional<ConfigValue> ReadList(const ConfigField& field, const Node& node) {
    std::vector<Node> items = node.items;
    if (node.kind == Node::Kind::kScalar && node.external) {
      for (std::string& part : SplitAtCommas(node.text)) {
        items.push_back(node);
        items.back().text = std::move(part);
      }
    } else if (node.kind != Node::Kind::kList) {
      return Mistaken(node, Expectation(field) + Got(node, field.secret));
    }
    ConfigField element = field;
    element.type = ConfigType::kString;
    std::vector<std::string> texts;
    for (const Node& item : items) {
      if (field.secret || item.external) Hide(item);
      std::optional<ConfigValue> text = ReadScalar(element, item);
      if (text) texts.push_back(std::get<std::string>(*std::move(text)));
    }
    return texts.size() == items.size() ? std::optional<ConfigValue>(std::move(texts)) : std::nullopt;
  }

  // A check may show the value in another form than it was written in.
  void HideParsed(const ConfigValue& value) {
    hidden_.push_back(FormatConfigValue(value));
    if (auto* address = std::get_if<HostPort>(&value)) hidden_.push_back(address->host);
  }
  void Hide(const Node& node) { hidden_.push_back(node.text); }

  // The longest first, so that no part of one is left beside a shorter one.
  std::string WithoutHidden(std::string message) {
    std::ranges::sort(hidden_, std::ranges::greater(), &std::string::size);
    for (const std::string& text : hidden_) {
      if (text.empty()) continue;
      for (size_t at = 0; (at = message.find(text, at)) != std::string::npos; at += 3)
        message.replace(at, text.size(), "***");
    }
    return message;
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
  Diagnostics& diagnostics_;
  std::shared_ptr<void> config_;
  bool ok_ = true;
  std::set<std::string, std::less<>> seen_;
  std::map<std::string, Location, std::less<>> places_;      // of the given values, by the name of the field or group
  std::map<std::string, ConfigSetting, std::less<>> given_;  // by field
  std::vector<std::string> hidden_;                          // values that no message may show
};

}  // namespace

std::shared_ptr<void> DecodeConfig(const ConfigSchema& schema, const Node& keys, const Location& where,
                                   Diagnostics& diagnostics, std::vector<ConfigSetting>* settings) {
  Decoder decoder(schema, diagnostics);
  std::shared_ptr<void> config = decoder.Decode(keys, where);
  if (settings != nullptr) *settings = decoder.Settings();
  return config;
}

}  // namespace tomada
