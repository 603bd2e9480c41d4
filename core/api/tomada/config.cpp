#include "tomada/config.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace tomada {
namespace {

template <class Number>
std::optional<Number> ParseNumber(std::string_view text) {
  Number number{};
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

struct SizeUnit {
  std::string_view suffix;
  uint64_t bytes;
};
constexpr SizeUnit kSizeUnits[] = {{"GiB", 1ull << 30}, {"MiB", 1ull << 20}, {"KiB", 1ull << 10}, {"B", 1}, {"", 1}};

std::optional<ByteSize> ParseSize(std::string_view text) {
  for (const SizeUnit& unit : kSizeUnits) {
    if (!text.ends_with(unit.suffix)) continue;
    std::optional<uint64_t> count = ParseNumber<uint64_t>(text.substr(0, text.size() - unit.suffix.size()));
    if (!count || *count > std::numeric_limits<uint64_t>::max() / unit.bytes) return std::nullopt;
    return ByteSize{*count * unit.bytes};
  }
  return std::nullopt;
}

std::string FormatSize(ByteSize size) {
  for (const SizeUnit& unit : kSizeUnits) {
    if (size.bytes != 0 && size.bytes % unit.bytes == 0)
      return fmt::format("{}{}", size.bytes / unit.bytes, unit.bytes == 1 ? "B" : unit.suffix);
  }
  return "0B";
}

// Absl's grammar ("1h30m", "250ms") without signs, infinities and the bare "0" that would hide a missing unit.
std::optional<absl::Duration> ParseDuration(std::string_view text) {
  absl::Duration duration;
  if (text.empty() || !std::isdigit(static_cast<unsigned char>(text.front()))) return std::nullopt;
  if (std::isdigit(static_cast<unsigned char>(text.back()))) return std::nullopt;
  if (!absl::ParseDuration(std::string(text), &duration) || duration == absl::InfiniteDuration()) return std::nullopt;
  return duration;
}

absl::StatusOr<ConfigValue> Parse(ConfigType type, std::string_view text) {
  switch (type) {
    case ConfigType::kBool:
      if (text == "true") return ConfigValue(true);
      if (text == "false") return ConfigValue(false);
      return absl::InvalidArgumentError("expected true or false");
    case ConfigType::kInteger:
      if (auto number = ParseNumber<int64_t>(text)) return ConfigValue(*number);
      return absl::InvalidArgumentError("expected a whole number");
    case ConfigType::kNumber:
      if (auto number = ParseNumber<double>(text); number && std::isfinite(*number)) return ConfigValue(*number);
      return absl::InvalidArgumentError("expected a number");
    case ConfigType::kString:
    case ConfigType::kStringList: return ConfigValue(std::string(text));
    case ConfigType::kDuration:
      if (auto duration = ParseDuration(text)) return ConfigValue(*duration);
      return absl::InvalidArgumentError("expected a duration such as 250ms, 10s or 1h30m");
    case ConfigType::kSize:
      if (auto size = ParseSize(text)) return ConfigValue(*size);
      return absl::InvalidArgumentError("expected a size such as 512B, 64KiB or 4MiB");
    case ConfigType::kAddress: {
      absl::StatusOr<HostPort> address = HostPort::Parse(text);
      if (!address.ok()) return address.status();
      return ConfigValue(*std::move(address));
    }
    case ConfigType::kObject: return absl::InvalidArgumentError("expected an object");
    case ConfigType::kObjectList: return absl::InvalidArgumentError("expected a list of objects");
    case ConfigType::kObjectMap: return absl::InvalidArgumentError("expected a map of objects");
  }
  return absl::InternalError("unknown config type");
}

std::optional<double> Magnitude(const ConfigValue& value) {
  if (auto* number = std::get_if<int64_t>(&value)) return static_cast<double>(*number);
  if (auto* number = std::get_if<double>(&value)) return *number;
  if (auto* duration = std::get_if<absl::Duration>(&value)) return absl::ToDoubleSeconds(*duration);
  if (auto* size = std::get_if<ByteSize>(&value)) return static_cast<double>(size->bytes);
  return std::nullopt;
}

bool InRange(const ConfigField& field, double value) {
  return !(field.min && value < *field.min) && !(field.max && value > *field.max);
}

// Of a field with at least one bound.
std::string RangeText(const ConfigField& field) {
  if (!field.max) return fmt::format("at least {}", FormatConfigBound(field.type, *field.min));
  if (!field.min) return fmt::format("at most {}", FormatConfigBound(field.type, *field.max));
  return fmt::format("{} to {}", FormatConfigBound(field.type, *field.min), FormatConfigBound(field.type, *field.max));
}

bool IsHostCharacter(unsigned char c) { return c > 0x20 && c != 0x7f && c != '/' && c != '[' && c != ']'; }

}  // namespace

absl::StatusOr<HostPort> HostPort::Parse(std::string_view text) {
  absl::Status wrong = absl::InvalidArgumentError("expected host:port, such as 127.0.0.1:8000 or [::1]:8000");
  size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return wrong;
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  const bool v6 = host.find(':') != std::string_view::npos;
  if (host.empty() || v6 != bracketed || !std::ranges::all_of(host, IsHostCharacter)) return wrong;
  std::optional<uint16_t> port = ParseNumber<uint16_t>(text.substr(colon + 1));
  if (!port) return absl::InvalidArgumentError("expected host:port with a port from 0 to 65535");
  return HostPort{std::string(host), *port};
}

std::string HostPort::ToString() const {
  bool v6 = host.find(':') != std::string::npos;
  return fmt::format("{}{}{}:{}", v6 ? "[" : "", host, v6 ? "]" : "", port);
}

bool HostPort::IsLoopback() const {
  if (host == "localhost") return true;
  in_addr v4;
  if (::inet_pton(AF_INET, host.c_str(), &v4) == 1) return ntohl(v4.s_addr) >> 24 == 127;
  in6_addr v6;
  return ::inet_pton(AF_INET6, host.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

std::string_view ClaimName(Claim claim) {
  switch (claim) {
    case Claim::kPort: return "port";
    case Claim::kDirectory: return "directory";
    case Claim::kUnixSocket: return "unix_socket";
  }
  return "port";
}

std::string_view ConfigTypeName(ConfigType type) {
  switch (type) {
    case ConfigType::kBool: return "boolean";
    case ConfigType::kInteger: return "integer";
    case ConfigType::kNumber: return "number";
    case ConfigType::kString: return "string";
    case ConfigType::kDuration: return "duration";
    case ConfigType::kSize: return "size";
    case ConfigType::kAddress: return "host:port";
    case ConfigType::kStringList: return "list of strings";
    case ConfigType::kObject: return "object";
    case ConfigType::kObjectList: return "list of objects";
    case ConfigType::kObjectMap: return "map of objects";
  }
  return "string";
}

absl::StatusOr<ConfigValue> ParseConfigValue(const ConfigField& field, std::string_view text) {
  absl::StatusOr<ConfigValue> value = Parse(field.type, text);
  if (!value.ok()) return value;
  if (std::optional<double> size = Magnitude(*value); size && !InRange(field, *size)) {
    return absl::InvalidArgumentError(fmt::format("out of range: expected {}", RangeText(field)));
  }
  if (auto* chosen = std::get_if<std::string>(&*value);
      chosen && !field.choices.empty() && std::ranges::find(field.choices, *chosen) == field.choices.end()) {
    return absl::InvalidArgumentError(fmt::format("expected one of {}", fmt::join(field.choices, ", ")));
  }
  return value;
}

std::string FormatConfigValue(const ConfigValue& value) {
  struct Visitor {
    std::string operator()(bool v) const { return v ? "true" : "false"; }
    std::string operator()(int64_t v) const { return std::to_string(v); }
    std::string operator()(double v) const { return fmt::format("{}", v); }
    std::string operator()(const std::string& v) const { return v; }
    std::string operator()(absl::Duration v) const { return absl::FormatDuration(v); }
    std::string operator()(ByteSize v) const { return FormatSize(v); }
    std::string operator()(const HostPort& v) const { return v.ToString(); }
    std::string operator()(const std::vector<std::string>& v) const { return fmt::format("[{}]", fmt::join(v, ", ")); }
  };
  return std::visit(Visitor{}, value);
}

std::string FormatConfigDefault(const ConfigField& field) {
  switch (field.type) {
    case ConfigType::kObject: return "";
    case ConfigType::kObjectList: return "[]";
    case ConfigType::kObjectMap: return "{}";
    default: return FormatConfigValue(field.default_value);
  }
}

std::string FormatConfigBound(ConfigType type, double bound) {
  switch (type) {
    case ConfigType::kInteger: return fmt::format("{:.0f}", bound);
    case ConfigType::kDuration: return absl::FormatDuration(absl::Seconds(bound));
    case ConfigType::kSize: return FormatSize(ByteSize{static_cast<uint64_t>(bound)});
    default: return fmt::format("{}", bound);
  }
}

const ConfigField* ConfigSchema::Find(std::string_view name) const {
  auto found = std::ranges::find(fields, name, &ConfigField::name);
  return found == fields.end() ? nullptr : &*found;
}

}  // namespace tomada
