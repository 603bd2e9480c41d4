// `include: [FILE, ...]`: a profile in several files.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>

#include "config/profile.h"
#include "config/yaml.h"
#include "diagnostics.h"

namespace tomada {

// Reads the files that the profile `text` of the file `path` includes, and those that they include, and puts all of
// them together, without their `include`. Nullopt when `text` itself is no YAML; a file that cannot be included is
// reported where it is named.
//
// Included files come first, in the order of the list, the including file last. What comes later wins: a component or
// the host gets each key from the last file that has it, lists are replaced as a whole, and so is `plugins`. Two files
// may not both say `plugin` of one component: that is a component by the same name, not a change to one.
//
// A file is named relative to the folder of the one that includes it, ${...} allowed, and is included once. Every node
// keeps its own file in `where`. Adds the included files to `files` in the order in which they are met, those that
// could not be read too.
std::optional<Node> ReadIncludes(std::string_view text, const std::string& path, const EnvironmentLookup& environment,
                                 Diagnostics& diagnostics, std::vector<std::filesystem::path>& files);

// Reads one file of a profile, at most 1 MiB. Warns when others may write it. The error as of ReadSmallFile.
absl::StatusOr<std::string> ReadProfileFile(const std::string& path, Diagnostics& diagnostics);

}  // namespace tomada
