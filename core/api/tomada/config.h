// A plugin's config, described where it is declared.
//
//   struct Config : ConfigKeys<Config> {
//     HostPort listen = Key("listen", &Config::listen, {"127.0.0.1", 8000})
//                           .Claims(Claim::kPort)
//                           .Help("Address to bind. Port 0 picks a free one.");
//     int workers = Key("workers", &Config::workers, 0).Range(0, 64).Help("Threads; 0 means one for each core.");
//     Secret password = Key("password", &Config::password).Help("Sent by AUTH.");  // or of a file: see secret.h
//     Role role = Key("role", &Config::role, Role::kPrimary).Help("What it is used for.");  // see enum_names.h
//
//     // Objects, each of a struct with keys, and perhaps a rule, of its own: one, a list, or a map by id.
//     Tls tls = Key("tls", &Config::tls).Help("Certificate and key.");
//     std::vector<Rule> policy = Key("policy", &Config::policy).Help("The first that fits decides.");
//     std::map<std::string, Client> clients = Key("clients", &Config::clients).Help("Who may call.");
//
//     // Optional: a rule over several keys.
//     absl::Status Check() const;
//   };
//
// Key says what the profile calls the member, its default, what values it may have and what it means. From that come
// the strict decoder, the defaults, `tomada describe`, the JSON Schema for editors and the table in the plugin's
// README. The host reads YAML; a plugin only ever sees its own struct, complete and checked.
#ifndef TOMADA_CONFIG_H_
#define TOMADA_CONFIG_H_

#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "tomada/enum_names.h"
#include "tomada/secret.h"

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

// What the value of a key names belongs to one component of a host alone: two that overlap in a profile are a mistake.
// A listening socket can be handed over to the component that takes another's place; a directory cannot, so the old one
// has to stop first.
enum class Claim {
  kPort,        // of a HostPort; port 0 claims nothing
  kDirectory,   // of a path, with all below it; from the working directory when relative
  kUnixSocket,  // of a path, as above
};
// "port", "directory", "unix_socket".
std::string_view ClaimName(Claim claim);

enum class ConfigType {
  kBool,
  kInteger,
  kNumber,
  kString,
  kDuration,
  kSize,
  kAddress,
  kStringList,
  // Of objects that have keys of their own:
  kObject,
  kObjectList,
  kObjectMap,
};

// Of a key that is no object.
using ConfigValue =
    std::variant<bool, int64_t, double, std::string, absl::Duration, ByteSize, HostPort, std::vector<std::string>>;

struct ConfigSchema;

// One key. Made by ConfigDescription, read by the host.
struct ConfigField {
  std::string name;
  ConfigType type = ConfigType::kString;
  std::string help;
  ConfigValue default_value;
  bool required = false;
  bool secret = false;               // never shown: not the value, not the default. May be given as {file: PATH}
  std::optional<double> min, max;    // inclusive; seconds for a duration, bytes for a size
  std::vector<std::string> choices;  // for a string: the allowed ones; empty allows all
  std::optional<Claim> claims;       // what its value claims; an empty path claims nothing
  std::string claims_instead_of;     // the key that claims nothing while this one does; empty: none
  std::function<void(void* config, const ConfigValue& value)> assign;  // value holds this field's type

  // Of objects, which have neither default_value nor assign: their keys, and where to put the values of one of them.
  // That is the member itself; in a list or map, which are empty by default, a new one with its defaults, valid until
  // the next. `id` is that of a map.
  std::shared_ptr<const ConfigSchema> object;
  std::function<void*(void* config, const std::string& id)> place;
};

// "boolean", "integer", "number", "string", "duration", "size", "host:port", "list of strings", "object", "list of
// objects", "map of objects".
std::string_view ConfigTypeName(ConfigType type);

// Reads one scalar as the field's type and checks its range and choices (a list field reads one element).
// INVALID_ARGUMENT says what was expected and never quotes `text`: the caller knows whether it may be shown.
absl::StatusOr<ConfigValue> ParseConfigValue(const ConfigField& field, std::string_view text);

// As it would be written in YAML: "10s", "64KiB", "127.0.0.1:8000", "[a, b]".
std::string FormatConfigValue(const ConfigValue& value);
// The field's default, which nobody may see when it is a secret. "[]" and "{}" of a list and a map of objects; "" of an
// object, whose keys have their own.
std::string FormatConfigDefault(const ConfigField& field);
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

template <class Config>
class ConfigKeys;

namespace config_internal {

template <class M>
concept Object = std::is_class_v<M> && std::derived_from<M, ConfigKeys<M>>;

// The type of the objects that a member is or holds; void when there are none.
template <class M>
struct ObjectOf {
  using Type = void;
};
template <Object M>
struct ObjectOf<M> {
  using Type = M;
  static constexpr ConfigType kType = ConfigType::kObject;
};
template <Object M>
struct ObjectOf<std::vector<M>> {
  using Type = M;
  static constexpr ConfigType kType = ConfigType::kObjectList;
};
template <Object M, class Less>
struct ObjectOf<std::map<std::string, M, Less>> {
  using Type = M;
  static constexpr ConfigType kType = ConfigType::kObjectMap;
};
template <class M>
concept Objects = !std::is_void_v<typename ObjectOf<M>::Type>;
template <class M>
concept Value = !Objects<M>;
template <class M>
concept IsSecret = std::is_same_v<M, Secret>;
template <class M>
concept PathOrAddress = std::is_same_v<M, HostPort> || std::is_same_v<M, std::string>;

template <class M>
constexpr ConfigType TypeOf() {
  if constexpr (Objects<M>)
    return ObjectOf<M>::kType;
  else if constexpr (std::is_same_v<M, bool>)
    return ConfigType::kBool;
  else if constexpr (std::is_integral_v<M>)
    return ConfigType::kInteger;
  else if constexpr (std::is_floating_point_v<M>)
    return ConfigType::kNumber;
  else if constexpr (std::is_same_v<M, std::string> || std::is_enum_v<M> || IsSecret<M>)
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

// Between a member and the alternative of ConfigValue that holds it.
template <class M>
ConfigValue ToValue(const M& member) {
  if constexpr (std::is_enum_v<M>)
    return std::string(NameOf(member));
  else if constexpr (std::is_integral_v<M> && !std::is_same_v<M, bool>)
    return static_cast<int64_t>(member);
  else if constexpr (std::is_floating_point_v<M>)
    return static_cast<double>(member);
  else if constexpr (IsSecret<M>)
    return std::string(member.Reveal());
  else
    return member;
}

// `value` was parsed for a field of this type: an enum's name is one of its names.
template <class M>
M FromValue(const ConfigValue& value) {
  if constexpr (std::is_enum_v<M>)
    return ValueNamed<M>(std::get<std::string>(value)).value();
  else if constexpr (std::is_integral_v<M> && !std::is_same_v<M, bool>)
    return static_cast<M>(std::get<int64_t>(value));
  else if constexpr (std::is_floating_point_v<M>)
    return static_cast<M>(std::get<double>(value));
  else if constexpr (IsSecret<M>)
    return M(std::get<std::string>(value));
  else
    return std::get<M>(value);
}

}  // namespace config_internal

// One key as it is being described; what stands where the member is initialized turns into its default.
template <class M>
class ConfigKey {
 public:
  // `field` is null when nothing is being described: then only the default counts.
  ConfigKey(ConfigField* field, M default_value) : field_(field), default_(std::move(default_value)) {}

  ConfigKey& Help(std::string_view text) {
    return Set([&](ConfigField& field) { field.help = text; });
  }
  // The profile must give it.
  ConfigKey& Required() {
    return Set([](ConfigField& field) { field.required = true; });
  }
  // Never shown, as no member of the type Secret is. That one is also wiped from memory when it goes.
  ConfigKey& Secret() requires config_internal::Value<M> {
    return Set([](ConfigField& field) { field.secret = true; });
  }
  // Bounds, both allowed themselves.
  ConfigKey& Range(double min, double max) requires config_internal::Value<M> {
    return Set([&](ConfigField& field) { field.min = min, field.max = max; });
  }
  ConfigKey& Range(absl::Duration min, absl::Duration max) {
    return Range(absl::ToDoubleSeconds(min), absl::ToDoubleSeconds(max));
  }
  ConfigKey& Range(ByteSize min, ByteSize max) {
    return Range(static_cast<double>(min.bytes), static_cast<double>(max.bytes));
  }
  // Of an enum, the values that are allowed here; all of them when it is not said.
  ConfigKey& OneOf(std::initializer_list<M> values) requires std::is_enum_v<M> {
    return Set([&](ConfigField& field) {
      field.choices.clear();
      for (M value : values) field.choices.emplace_back(NameOf(value));
    });
  }
  // The strings that are allowed. An enum says it better.
  ConfigKey& OneOf(std::vector<std::string> choices) requires std::is_same_v<M, std::string> {
    return Set([&](ConfigField& field) { field.choices = std::move(choices); });
  }
  // Its value is this component's alone. `instead_of` names the key that is not used while this one claims something.
  ConfigKey& Claims(Claim claim, std::string_view instead_of = {}) requires config_internal::PathOrAddress<M> {
    if ((claim == Claim::kPort) != std::is_same_v<M, HostPort>)
      throw std::logic_error("Claim::kPort is for a HostPort, the others are for paths");
    return Set([&](ConfigField& field) { field.claims = claim, field.claims_instead_of = instead_of; });
  }

  operator M() { return std::move(default_); }  // NOLINT(google-explicit-constructor): it is the member's initializer

 private:
  template <class Setter>
  ConfigKey& Set(Setter setter) {
    if (field_ != nullptr) setter(*field_);
    return *this;
  }

  ConfigField* field_;
  M default_;
};

// Gathers the keys of a Config.
template <class Config>
class ConfigDescription {
 public:
  // Makes a Config, whose initializers describe the keys that are declared by Key.
  ConfigDescription() : defaults_(MakeDefaults(*this)) {}

  // Describes a key of a struct without ConfigKeys, from its `static void Describe(ConfigDescription<Config>&)`. The
  // default is what a fresh Config holds. The result is valid until the next Field.
  template <class M>
  ConfigKey<M> Field(std::string_view name, M Config::*member) {
    return Add(name, member, defaults_.*member);
  }

  // A rule over several fields, asked when each is right by itself. Looks at the struct, and at files whose content it
  // names, as a certificate: it writes nothing, waits for nobody and asks no network. Its message is shown at the value
  // of the first key that it names in backticks and the profile gives.
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
  friend class ConfigKeys<Config>;

  static Config MakeDefaults(ConfigDescription& description);

  template <class M>
  ConfigKey<M> Add(std::string_view name, M Config::*member, M default_value) {
    ConfigField& field = schema_.fields.emplace_back();
    field.name = name;
    field.type = config_internal::TypeOf<M>();
    field.secret = config_internal::IsSecret<M>;
    if constexpr (config_internal::Objects<M>) {
      field.object =
          std::make_shared<const ConfigSchema>(ConfigSchema::Of<typename config_internal::ObjectOf<M>::Type>());
      field.place = [member](void* config, [[maybe_unused]] const std::string& id) -> void* {
        M& objects = static_cast<Config*>(config)->*member;
        if constexpr (config_internal::Object<M>)
          return &objects;
        else if constexpr (config_internal::TypeOf<M>() == ConfigType::kObjectList)
          return &objects.emplace_back();
        else
          return &objects[id];
      };
    } else {
      field.default_value = config_internal::ToValue(default_value);
      field.assign = [member](void* config, const ConfigValue& value) {
        static_cast<Config*>(config)->*member = config_internal::FromValue<M>(value);
      };
    }
    if constexpr (std::is_integral_v<M> && !std::is_same_v<M, bool>) {
      field.min = static_cast<double>(std::numeric_limits<M>::min());
      field.max = static_cast<double>(std::numeric_limits<M>::max());
    }
    if constexpr (std::is_enum_v<M>) {
      for (const auto& [value, each] : EnumNames(M{})) field.choices.emplace_back(each);
    }
    return ConfigKey<M>(&field, std::move(default_value));
  }

  ConfigSchema schema_;  // before defaults_, whose making fills it
  const Config defaults_;
};

// The base of a Config whose keys are described where they are declared.
template <class Config>
class ConfigKeys {
 public:
  // A Config of its own with a rule over several keys declares this one: see ConfigDescription::Check.
  absl::Status Check() const { return absl::OkStatus(); }

 protected:
  template <config_internal::Value M>
  static ConfigKey<M> Key(std::string_view name, M Config::*member, std::type_identity_t<M> default_value = {}) {
    return Described(name, member, std::move(default_value));
  }
  // Of objects, whose keys have the defaults; a list or a map is empty by default.
  template <config_internal::Objects M>
  static ConfigKey<M> Key(std::string_view name, M Config::*member) {
    return Described(name, member, M());
  }

 private:
  friend class ConfigDescription<Config>;

  template <class M>
  static ConfigKey<M> Described(std::string_view name, M Config::*member, M default_value) {
    if (described_ == nullptr) return ConfigKey<M>(nullptr, std::move(default_value));
    return described_->Add(name, member, std::move(default_value));
  }

  // Set while a description makes its Config; every other Config just takes its defaults.
  static inline thread_local ConfigDescription<Config>* described_ = nullptr;
};

template <class Config>
Config ConfigDescription<Config>::MakeDefaults(ConfigDescription& description) {
  if constexpr (std::derived_from<Config, ConfigKeys<Config>>) {
    if (ConfigKeys<Config>::described_ != nullptr) throw std::logic_error("a config type that holds itself");
    struct Scope {
      ~Scope() { ConfigKeys<Config>::described_ = nullptr; }
    } scope;
    ConfigKeys<Config>::described_ = &description;
    return Config();
  } else {
    return Config();
  }
}

template <class Config>
ConfigSchema ConfigSchema::Of() {
  ConfigDescription<Config> description;
  if constexpr (std::derived_from<Config, ConfigKeys<Config>>) {
    description.Check(&Config::Check);
  } else {
    Config::Describe(description);
  }
  return std::move(description).Build();
}

}  // namespace tomada

#endif  // TOMADA_CONFIG_H_
