// The words that stand for the values of an enum in profiles, logs and messages, declared once beside it:
//
//   enum class Role { kPrimary, kCache };
//   constexpr auto EnumNames(Role) {
//     return std::array{std::pair{Role::kPrimary, "primary"}, std::pair{Role::kCache, "cache"}};
//   }
//
// EnumNames is found by its argument's type, so it stands in the enum's own namespace. It names every value.
#ifndef TOMADA_ENUM_NAMES_H_
#define TOMADA_ENUM_NAMES_H_

#include <array>
#include <optional>
#include <string_view>
#include <utility>

namespace tomada {

// "" for a value that the enum does not have.
template <class Enum>
constexpr std::string_view NameOf(Enum value) {
  for (const auto& [each, name] : EnumNames(Enum{})) {
    if (each == value) return name;
  }
  return "";
}

// The value called `name`; nullopt when there is none.
template <class Enum>
constexpr std::optional<Enum> ValueNamed(std::string_view name) {
  for (const auto& [value, each] : EnumNames(Enum{})) {
    if (each == name) return value;
  }
  return std::nullopt;
}

}  // namespace tomada

#endif  // TOMADA_ENUM_NAMES_H_
