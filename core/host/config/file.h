// Reading the small files that a config is made of.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include <absl/status/statusor.h>

namespace tomada {

// The whole of a regular file (or what a symbolic link to one leads to). The error says what is wrong without naming
// the path: "cannot be read: No such file or directory", "is a directory", "is larger than 64KiB". Never blocks.
absl::StatusOr<std::string> ReadSmallFile(const std::filesystem::path& path, size_t limit);

// A file that holds one value, at most 64KiB, without its last line break. The error as above. Who wipes what is
// returned has wiped all of it.
absl::StatusOr<std::string> ReadValueFile(const std::filesystem::path& path);

}  // namespace tomada
