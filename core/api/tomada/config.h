// A plugin's config, described once.
//
//   struct Config {
//     HostPort listen{"127.0.0.1", 8000};
//     int workers = 0;
//     std::string password;
//
//     static void Describe(ConfigDescription<Config>& d) {
//       d.Field("listen", &Config::listen).Help("Address to bind. Port 0 picks a free one.");
//       d.Field("workers", &Config::workers).Range(0, 64).Help("Threads; 0 means one for each core.");
//       d.Field("password", &Config::password).Secret().Help("Sent by AUTH.");
//     }
//   };
//
// From that one description come the strict decoder, the defaults, `tomada describe`, the JSON Schema for editors and
// the table in the plugin's README. The host reads YAML; a plugin only ever sees its own struct, complete and checked.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

namespace tomada {

// An address to bind or reach. IPv6 is written in brackets: "[::1]:8000".
struct HostPort {
  std::string host;
  uint16_t port = 0;

  // "host:port"; INVALID_ARGUMENT when it is not that.
  static absl::StatusOr<HostPort> Parse(std::string_view text);
  std::string ToString() const;
  // An address of this machine alone: 127.0.0.0/8, ::1 or "localhost". A name is not looked up.
  bool IsLoopback() const;
  bool operator==(const HostPort&) const = default;
};

// A number of bytes: "65536", "64KiB", "4MiB", "1GiB".
struct ByteSize {
  uint64_t bytes = 0;
  bool operator==(const ByteSize&) const = default;
};

enum class ConfigType { kBool, kInteger, kNumber, kString, kDuration, kSize, kAddress, kStringList };

using ConfigValue =
    std::variant<bool, int64_t, double, std::string, absl::Duration, ByteSize, HostPort, std::vector<std::string>>;

// One key. Made by ConfigDescription, read by the host.
struct ConfigField {
  std::string name;
  ConfigType type = ConfigType::kString;
  std::string help;
  ConfigValue default_value;
  bool required = false;
  bool secret = false;               // never shown: not the value, not the default
  std::optional<double> min, max;    // inclusive; seconds for a duration, bytes for a size
  std::vector<std::string> choices;  // for a string: the allowed ones; empty allows all
  std::function<void(void* config, const ConfigValue& value)> assign;  // value holds this field's type
};

// "boolean", "integer", "number", "string", "duration", "size", "host:port", "list of strings".
std::string_view ConfigTypeName(ConfigType type);

// Reads one scalar as the field's type and checks its range and choices (a list field reads one element).
// INVALID_ARGUMENT says what was expected and never quotes `text`: the caller knows whether it may be shown.
absl::StatusOr<ConfigValue> ParseConfigValue(const ConfigField& field, std::string_view text);

// As it would be written in YAML: "10s", "64KiB", "127.0.0.1:8000", "[a, b]".
std::string FormatConfigValue(const ConfigValue& value);
// A bound of a field in its own unit: "1", "100ms", "4KiB".
std::string FormatConfigBound(ConfigType type, double bound);

// All keys of one plugin, without its type.
struct ConfigSchema {
  std::vector<ConfigField> fields;
  std::function<std::shared_ptr<void>()> make;     // a Config with every default in place
  std::function<absl::Status(const void*)> check;  // what a single field cannot say; has no side effect

  // Nullptr when there is no such key.
  const ConfigField* Find(std::string_view name) const;

  template <class Config>
  static ConfigSchema Of();
};

namespace config_internal {

template <class M>
constexpr ConfigType TypeOf() {
  if constexpr (std::is_same_v<M, bool>)
    return ConfigType::kBool;
  else if constexpr (std::is_integral_v<M>)
    return ConfigType::kInteger;
  else if constexpr (std::is_floating_point_v<M>)
    return ConfigType::kNumber;
  else if constexpr (std::is_same_v<M, std::string>)
    return ConfigType::kString;
  else if constexpr (std::is_same_v<M, absl::Duration>)
    return ConfigType::kDuration;
  else if constexpr (std::is_same_v<M, ByteSize>)
    return ConfigType::kSize;
  else if constexpr (std::is_same_v<M, HostPort>)
    return ConfigType::kAddress;
  else {
    static_assert(std::is_same_v<M, std::vector<std::string>>, "no config type for this member");
    return ConfigType::kStringList;
  }
}

// The alternative of ConfigValue that holds an M.
template <class M>
using Held = std::conditional_t<
    std::is_same_v<M, bool>, bool,
    std::conditional_t<std::is_integral_v<M>, int64_t, std::conditional_t<std::is_floating_point_v<M>, double, M>>>;

}  // namespace config_internal

// Handed to Config::Describe.
template <class Config>
class ConfigDescription {
 public:
  class FieldRef {
   public:
    explicit FieldRef(ConfigField& field) : field_(field) {}
    FieldRef& Help(std::string text) { return field_.help = std::move(text), *this; }
    FieldRef& Required() { return field_.required = true, *this; }
    FieldRef& Secret() { return field_.secret = true, *this; }
    FieldRef& OneOf(std::vector<std::string> choices) { return field_.choices = std::move(choices), *this; }
    FieldRef& Range(double min, double max) { return field_.min = min, field_.max = max, *this; }
    FieldRef& Range(absl::Duration min, absl::Duration max) {
      return Range(absl::ToDoubleSeconds(min), absl::ToDoubleSeconds(max));
    }
    FieldRef& Range(ByteSize min, ByteSize max) {
      return Range(static_cast<double>(min.bytes), static_cast<double>(max.bytes));
    }

   private:
    ConfigField& field_;
  };

  // The default is what a fresh Config holds. The reference is valid until the next Field.
  template <class M>
  FieldRef Field(std::string name, M Config::*member) {
    using Held = config_internal::Held<M>;
    ConfigField field;
    field.name = std::move(name);
    field.type = config_internal::TypeOf<M>();
    field.default_value = static_cast<Held>(defaults_.*member);
    if constexpr (std::is_integral_v<M> && !std::is_same_v<M, bool>) {
      field.min = static_cast<double>(std::numeric_limits<M>::min());
      field.max = static_cast<double>(std::numeric_limits<M>::max());
    }
    field.assign = [member](void* config, const ConfigValue& value) {
      static_cast<Config*>(config)->*member = static_cast<M>(std::get<Held>(value));
    };
    return FieldRef(schema_.fields.emplace_back(std::move(field)));
  }

  // A rule over several fields, asked when each is right by itself. Looks at the struct only: no file, no network. Its
  // message is shown at the value of the first key that it names in backticks and the profile gives.
  void Check(std::function<absl::Status(const Config&)> check) {
    schema_.check = [check = std::move(check)](const void* config) {
      return check(*static_cast<const Config*>(config));
    };
  }

  ConfigSchema Build() && {
    schema_.make = [] { return std::static_pointer_cast<void>(std::make_shared<Config>()); };
    if (!schema_.check) schema_.check = [](const void*) { return absl::OkStatus(); };
    return std::move(schema_);
  }

 private:
  const Config defaults_{};
  ConfigSchema schema_;
};

template <class Config>
ConfigSchema ConfigSchema::Of() {
  ConfigDescription<Config> description;
  Config::Describe(description);
  return std::move(description).Build();
}

}  // namespace tomada
