// Why a plugin is not loaded, for people: the file, the reason, and what to do.
#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include <absl/status/status.h>
#include <fmt/format.h>

namespace tomada {

// FAILED_PRECONDITION "path: reason".
inline absl::Status Refusal(const std::filesystem::path& path, std::string_view reason) {
  return absl::FailedPreconditionError(fmt::format("{}: {}", path.string(), reason));
}

inline absl::Status Unreadable(const std::filesystem::path& path, int error) {
  return Refusal(path, fmt::format("cannot be read ({}); let the user of this process read it",
                                   std::generic_category().message(error)));
}

// What a plugin wrote, safe to print on a line: its first 200 bytes, with "?" for all that is not printable ASCII.
inline std::string PrintableWords(std::string_view words) {
  std::string safe(words.substr(0, 200));
  std::ranges::replace_if(
      safe, [](unsigned char c) { return c < 0x20 || c >= 0x7f; }, '?');
  return safe;
}

}  // namespace tomada
