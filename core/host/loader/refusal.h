// Why a plugin is not loaded, for people: the file, the reason, and what to do.
#pragma once

#include <filesystem>
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

}  // namespace tomada
