#include "rpc/metadata.h"

#include <algorithm>
#include <array>

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/str_split.h>

#include "rpc/base64.h"

namespace tomada::rpc {
namespace {

constexpr auto kHopByHop = std::to_array<std::string_view>(
    {"connection", "content-length", "expect", "host", "http2-settings", "keep-alive", "proxy-authenticate",
     "proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"});

constexpr std::string_view kBinarySuffix = "-bin";

bool IsNameChar(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.'; }

bool IsPrintable(char c) { return c >= 0x20 && c < 0x7f; }

}  // namespace

bool IsMetadataName(std::string_view name) { return !name.empty() && std::ranges::all_of(name, IsNameChar); }

bool IsCustomName(std::string_view name) { return IsMetadataName(name) && !name.starts_with("grpc-"); }

bool IsBinaryName(std::string_view name) { return name.size() > kBinarySuffix.size() && name.ends_with(kBinarySuffix); }

bool IsAsciiValue(std::string_view value) { return std::ranges::all_of(value, IsPrintable); }

bool IsCustomMetadata(const Metadata::Entry& entry) {
  return IsCustomName(entry.first) && (IsBinaryName(entry.first) || IsAsciiValue(entry.second));
}

bool IsHopByHop(std::string_view name) { return std::ranges::find(kHopByHop, name) != kHopByHop.end(); }

bool IsNominated(std::string_view connection, std::string_view name) {
  for (absl::string_view option : absl::StrSplit(absl::string_view(connection.data(), connection.size()), ',')) {
    if (absl::EqualsIgnoreCase(absl::StripAsciiWhitespace(option), {name.data(), name.size()})) return true;
  }
  return false;
}

bool IsFieldValue(std::string_view value) {
  return std::ranges::all_of(value, [](char c) { return c == '\t' || IsPrintable(c); });
}

std::optional<std::string> FromField(std::string_view name, std::string_view value) {
  if (!IsBinaryName(name)) return IsFieldValue(value) ? std::optional<std::string>(value) : std::nullopt;
  std::string bytes;
  if (!ParseBase64(value, &bytes)) return std::nullopt;
  return bytes;
}

std::string ToField(const Metadata::Entry& entry) {
  const auto& [name, value] = entry;
  if (!IsBinaryName(name)) return value;
  std::string text;
  AppendBase64(value, &text);
  text.resize(text.find_last_not_of('=') + 1);
  return text;
}

}  // namespace tomada::rpc
