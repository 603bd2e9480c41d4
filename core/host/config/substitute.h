// ${NAME}, ${NAME:-default} and ${file:PATH} in the values of a profile.
#pragma once

#include <filesystem>
#include <vector>

#include "config/profile.h"
#include "config/yaml.h"
#include "diagnostics.h"

namespace tomada {

// Replaces them in every scalar below `node`, keys excepted; "$$" becomes "$", and any other "$" stands for itself.
//   ${NAME}            the variable; a mistake when it is not set
//   ${NAME:-default}   the default when the variable is not set or empty
//   ${file:PATH}       the file's content without its last line break, at most 64KiB; relative to the folder of the
//                      file that the scalar stands in, for a --set to `folder`
// A default and a PATH may hold ${...} themselves, up to 16 deep, and braces that match. What comes in is not looked at
// again. A scalar that received something becomes `external`; one with a mistake, broken. Adds to `files` what was read
// for ${file:PATH}, or could not be.
void Substitute(Node& node, const EnvironmentLookup& environment, const std::filesystem::path& folder,
                Diagnostics& diagnostics, std::vector<std::filesystem::path>& files);

}  // namespace tomada
